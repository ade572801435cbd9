variable "name" {
  description = "Name of the environment, as acme-prod; also the cluster's."
  type        = string
}

variable "vpc_id" {
  description = "The VPC that resolves the services' names."
  type        = string
}

variable "kms_key_arn" {
  description = "Key that logs are encrypted with."
  type        = string
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 365
}

variable "discovery" {
  description = "Makes the private DNS namespace; off in environments/local only, whose emulator has no DNS."
  type        = bool
  default     = true
}
