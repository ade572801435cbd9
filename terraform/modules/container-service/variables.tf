variable "name" {
  description = "Name of the service as it is deployed, as order-service."
  type        = string
}

variable "prefix" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "image" {
  description = "The image by digest, as …/acme/order-service@sha256:…"
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
  description = "Processor units of a task; 1024 are one vCPU."
  type        = number

  validation {
    condition     = contains([256, 512, 1024, 2048, 4096, 8192, 16384], var.cpu)
    error_message = "Fargate has 256, 512, 1024, 2048, 4096, 8192 or 16384 units."
  }
}

variable "memory" {
  description = "Memory of a task in MiB; Fargate takes from twice to eight times the cpu (512 for 256 units)."
  type        = number

  validation {
    condition     = var.memory >= 2 * var.cpu && var.memory <= 8 * var.cpu
    error_message = "Fargate takes a memory of twice to eight times the cpu."
  }
}

variable "port" {
  description = "Port that the program listens on."
  type        = number
}

variable "environment" {
  description = "The program's environment variables. No secret: a value secretsmanager:NAME#KEY is read by the program itself."
  type        = map(string)
}

variable "role_arn" {
  description = "Role of the program."
  type        = string
}

variable "execution_role_arn" {
  description = "Role that ECS starts the program with."
  type        = string
}

variable "cluster" {
  description = "The ECS cluster."
  type        = object({ arn = string, name = string })
}

variable "subnet_ids" {
  description = "Subnets of the tasks, in two zones or more."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the tasks."
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Gives each task an address of its own: the way out where there is no NAT."
  type        = bool
  default     = false
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
