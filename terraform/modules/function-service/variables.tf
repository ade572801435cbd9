variable "name" {
  description = "Name of the service as it is deployed, as order-service."
  type        = string
}

variable "prefix" {
  description = "Name of the environment, as acme-prod."
  type        = string

  validation {
    condition     = length("${var.prefix}-${var.name}") <= 64
    error_message = "A function's name has 64 characters at most."
  }
}

variable "image" {
  description = "The image by digest, as …/acme/order-service@sha256:…; the same one that runs on Fargate."
  type        = string

  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "The image is named by its digest (…@sha256:…): a tag may lead to another image tomorrow."
  }
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

variable "memory" {
  description = "Memory in MiB; the processor's share grows with it, one vCPU at 1769."
  type        = number

  validation {
    condition     = var.memory >= 128 && var.memory <= 10240
    error_message = "Lambda takes 128 to 10240 MiB."
  }
}

variable "timeout" {
  description = "Seconds that one invocation may take."
  type        = number
  default     = 10

  validation {
    condition     = var.timeout >= 1 && var.timeout <= 30
    error_message = "timeout is 1 to 30 seconds: the load balancer's caller does not wait longer."
  }
}

variable "environment" {
  description = "The program's environment variables. No secret: a value secretsmanager:NAME#KEY is read by the program itself."
  type        = map(string)
}

variable "role_arn" {
  description = "Role of the program."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets: a function never gets a public address."
  type        = list(string)
}

variable "security_group_ids" {
  description = "Security groups of the function's network interfaces."
  type        = list(string)
}

variable "reserved_concurrency" {
  description = "Invocations at once, at most; times the connections of each they must fit the database."
  type        = number

  validation {
    condition     = var.reserved_concurrency >= 2
    error_message = "reserved_concurrency is at least 2: a queue alone takes two."
  }
}

variable "provisioned_concurrency" {
  description = "Instances kept warm, against cold starts; 0 keeps none."
  type        = number
  default     = 0

  validation {
    condition     = var.provisioned_concurrency >= 0 && var.provisioned_concurrency <= var.reserved_concurrency
    error_message = "provisioned_concurrency is between 0 and reserved_concurrency."
  }
}

variable "log_group_name" {
  description = "Log group to make; null takes /aws/lambda/PREFIX-NAME."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "Key that logs and environment variables are encrypted with."
  type        = string
}
