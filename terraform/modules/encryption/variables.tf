variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "account_id" {
  description = "The AWS account: AWS services use the keys on its behalf only."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "deletion_window_days" {
  description = "Days between destroying a key and its end. Whatever it encrypted is lost with it."
  type        = number
  default     = 30

  validation {
    condition     = var.deletion_window_days >= 7 && var.deletion_window_days <= 30
    error_message = "deletion_window_days is 7 to 30 (KMS)."
  }
}
