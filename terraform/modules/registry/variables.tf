variable "repositories" {
  description = "Names of the repositories, as acme/order-service."
  type        = set(string)

  validation {
    condition     = alltrue([for repository in var.repositories : can(regex("^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$", repository))])
    error_message = "A repository is named SHOP/SERVICE in small letters, as acme/order-service."
  }
}

variable "kms_key_arn" {
  description = "Key that images are encrypted with; null leaves them to ECR's own."
  type        = string
  default     = null
}

variable "keep_images" {
  description = "How many images of each service are kept: how far back one can roll."
  type        = number
  default     = 30

  validation {
    condition     = var.keep_images >= 5
    error_message = "keep_images is at least 5: what runs and what a rollback returns to must be there."
  }
}

variable "force_delete" {
  description = "Whether a repository goes with its images; true only where all of it may go."
  type        = bool
  default     = false
}
