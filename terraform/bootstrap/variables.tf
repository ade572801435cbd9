variable "shop" {
  description = "Short name of the shop, unique in the world: bucket names begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.shop))
    error_message = "shop has 3 to 20 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "account_id" {
  description = "The AWS account, 12 digits; another one is refused."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region of the states and of the environments."
  type        = string
}

variable "repository" {
  description = "The GitHub repository whose workflows may take the roles, as ORG/REPO."
  type        = string

  # A star would let other repositories in, if ever the comparison were one by pattern.
  validation {
    condition     = can(regex("^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$", var.repository))
    error_message = "repository is ORG/REPO, without wildcards."
  }
}

variable "environments" {
  description = "Environments that live in this account; each gets roles of its own."
  type        = set(string)
  default     = ["dev", "staging", "prod"]

  validation {
    condition     = length(var.environments) > 0 && alltrue([for environment in var.environments : contains(["dev", "staging", "prod"], environment)])
    error_message = "environments are among dev, staging and prod."
  }
}

variable "services" {
  description = "Services as they are deployed: each has an image repository, and a role in each environment."
  type        = set(string)
  default     = ["api-gateway", "user-service", "product-service", "order-service", "notification-service"]
}

variable "tasks" {
  description = "One-off tasks, which a deployment runs before it changes services."
  type        = set(string)
  default = [
    "user-create-database", "user-migrate", "user-create-admin",
    "product-create-database", "product-migrate",
    "order-create-database", "order-migrate",
  ]
}

variable "identity_provider_arn" {
  description = "GitHub's OIDC provider, where the account has one already: there can be one only. Null makes it."
  type        = string
  default     = null
}

variable "require_boundary" {
  description = "Whether every role that an environment makes must carry the workload boundary; the environments then name it."
  type        = bool
  default     = true
}
