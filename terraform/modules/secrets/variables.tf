variable "prefix" {
  description = "What every secret's name begins with, as acme/prod/."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+/[a-z0-9-]+/$", var.prefix))
    error_message = "prefix is SHOP/ENVIRONMENT/ with a slash at its end, as acme/prod/."
  }
}

variable "secrets" {
  description = "Secrets by logical name, with the shape of the value and who reads it; the readers' policies are made elsewhere."
  type = list(object({
    name    = string
    kind    = string
    readers = list(string)
  }))

  validation {
    condition     = alltrue([for secret in var.secrets : contains(["rsa_jwk_set", "hmac_key", "rotating_hmac_keys", "password", "stripe_keys"], secret.kind)])
    error_message = "A secret's kind is rsa_jwk_set, hmac_key, rotating_hmac_keys, password or stripe_keys."
  }

  # Secrets Manager ends ARNs so itself, and takes such a name for an ARN's when it is asked without the ending.
  validation {
    condition     = alltrue([for secret in var.secrets : !can(regex("-[A-Za-z0-9]{6}$", secret.name))])
    error_message = "A secret's name does not end in a hyphen and six letters or digits."
  }
}

variable "kms_key_arn" {
  description = "Key that the secrets are encrypted with."
  type        = string
}

variable "recovery_window_days" {
  description = "Days in which a deleted secret can be restored, 7 to 30; 0 deletes at once, where all may go."
  type        = number
  default     = 30

  validation {
    condition     = var.recovery_window_days == 0 || (var.recovery_window_days >= 7 && var.recovery_window_days <= 30)
    error_message = "recovery_window_days is 0 or 7 to 30 (Secrets Manager)."
  }
}
