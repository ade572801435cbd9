variable "name" {
  description = "Name of the environment, as acme-prod; the cluster's too."
  type        = string
}

variable "vpc_id" {
  description = "The network; used where the module makes a security group of its own."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "Aurora wants subnets in two zones at least."
  }
}

variable "security_group_ids" {
  description = "Security groups of the cluster that say who may connect; empty makes one that client_security_group_ids open."
  type        = list(string)
  default     = []
}

variable "client_security_group_ids" {
  description = "Groups that may connect, under keys that a plan knows."
  type        = map(string)
  default     = {}

  validation {
    condition     = length(var.client_security_group_ids) == 0 || length(var.security_group_ids) == 0
    error_message = "client_security_group_ids open the module's own group, which security_group_ids replace."
  }
}

variable "kms_key_arn" {
  description = "Key of the data, the master user's secret, the logs and Performance Insights."
  type        = string
}

variable "engine_version" {
  description = "Aurora PostgreSQL's version with its minor, as 16.8: an upgrade is a change of this line."
  type        = string
  default     = "16.8"

  validation {
    condition     = can(regex("^(1[6-9]|[2-9][0-9])\\.[0-9]+$", var.engine_version))
    error_message = "engine_version has a major of 16 or later and a minor, as 16.8."
  }
}

variable "capacity" {
  description = "Aurora capacity units of each instance, of about 2 GiB. With min_acu 0 it sleeps after pause_after_seconds (300 to 86400, default 300) without a connection, and takes some 15 seconds to wake up."
  type = object({
    min_acu             = number
    max_acu             = number
    pause_after_seconds = optional(number)
  })

  validation {
    condition     = var.capacity.min_acu >= 0 && var.capacity.max_acu >= 1 && var.capacity.max_acu <= 256 && var.capacity.min_acu <= var.capacity.max_acu
    error_message = "min_acu is 0 to max_acu, max_acu 1 to 256."
  }

  validation {
    condition     = alltrue([for acu in [var.capacity.min_acu, var.capacity.max_acu] : floor(acu * 2) == acu * 2])
    error_message = "Capacity comes in halves of a unit."
  }

  validation {
    condition     = var.capacity.min_acu > 0 || tonumber(split(".", var.engine_version)[0]) > 16 || tonumber(try(split(".", var.engine_version)[1], 0)) >= 3
    error_message = "Sleeping at 0 ACU wants engine 16.3 or later."
  }

  validation {
    condition     = var.capacity.pause_after_seconds == null ? true : var.capacity.min_acu == 0 && var.capacity.pause_after_seconds >= 300 && var.capacity.pause_after_seconds <= 86400
    error_message = "pause_after_seconds is 300 to 86400, and only with min_acu 0."
  }
}

variable "instances" {
  description = "One writes; each other is a reader that takes over within a minute."
  type        = number

  validation {
    condition     = var.instances >= 1 && var.instances <= 15
    error_message = "A cluster has 1 to 15 instances."
  }
}

variable "backup_retention_days" {
  description = "Days back to which the database can be restored, to the second."
  type        = number

  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 35
    error_message = "backup_retention_days is 1 to 35 (RDS)."
  }
}

variable "deletion_protection" {
  description = "Whether the cluster refuses to be deleted."
  type        = bool
  default     = true
}

variable "skip_final_snapshot" {
  description = "Whether the cluster goes without a last snapshot; true only where all of it may go."
  type        = bool
  default     = false
}

variable "log_retention_days" {
  description = "Days that PostgreSQL's log is kept."
  type        = number
  default     = 365
}

variable "permissions_boundary" {
  description = "ARN of a policy that the role cannot go beyond; null sets none."
  type        = string
  default     = null
}
