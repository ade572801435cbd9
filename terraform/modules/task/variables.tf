variable "name" {
  description = "Name of the task, as order-migrate; also its container's."
  type        = string
}

variable "prefix" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "image" {
  description = "The service's image by digest, as …/acme/order-service@sha256:…"
  type        = string

  validation {
    condition     = var.allow_tag || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "The image is named by its digest (…@sha256:…): a tag may lead to another image tomorrow."
  }
}

variable "allow_tag" {
  description = "Takes an image by tag; on in environments/local only, whose registry never holds an image and so has no digest."
  type        = bool
  default     = false
}

variable "architecture" {
  description = "Processor the image is for: ARM64 or X86_64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture is ARM64 or X86_64."
  }
}

variable "cpu" {
  description = "Processor units; 1024 are one vCPU."
  type        = number
  default     = 256
}

variable "memory" {
  description = "Memory in MiB."
  type        = number
  default     = 512
}

variable "environment" {
  description = "The program's environment variables; ROLE says what it does. No secret: a value secretsmanager:NAME#KEY is read by the program itself."
  type        = map(string)

  # Without a role the program would start the whole service.
  validation {
    condition     = try(var.environment["ROLE"], "all") != "all"
    error_message = "A one-off task says its ROLE, as migrate."
  }
}

variable "role_arn" {
  description = "Role of the program."
  type        = string
}

variable "execution_role_arn" {
  description = "Role that ECS starts the program with."
  type        = string
}

variable "log_group_name" {
  description = "Log group to make; null takes /PREFIX/NAME."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "Key that logs are encrypted with."
  type        = string
}
