variable "name" {
  description = "Name of the role, as acme-prod-order-service; the execution role's is the same with -execution."
  type        = string

  validation {
    condition     = length(var.name) <= 54
    error_message = "A role's name has 64 characters at most, and ten of them are -execution."
  }
}

variable "runtime" {
  description = "Who takes the role: fargate or lambda."
  type        = string

  validation {
    condition     = contains(["fargate", "lambda"], var.runtime)
    error_message = "runtime is fargate or lambda."
  }
}

variable "permissions" {
  description = "What the program may do: actions by name on resources by ARN, each with conditions if need be."
  type = list(object({
    actions   = list(string)
    resources = list(string)
    conditions = optional(list(object({
      test     = string
      variable = string
      values   = list(string)
    })), [])
  }))

  validation {
    condition     = alltrue([for action in flatten(var.permissions[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))])
    error_message = "An action is one verb of one service, as sqs:SendMessage: no wildcards."
  }

  validation {
    condition     = alltrue([for permission in var.permissions : length(permission.actions) > 0 && length(permission.resources) > 0])
    error_message = "A permission names at least one action and one resource."
  }

  # ses:GetAccount knows no resource, sns:Publish none for a telephone number, and what is done with devices none at all; all else that a program does, does.
  validation {
    condition = alltrue([
      for permission in var.permissions : !contains(permission.resources, "*") || alltrue([
        for action in permission.actions : contains([
          "ses:GetAccount", "sns:CreatePlatformEndpoint", "sns:DeleteEndpoint", "sns:Publish", "sns:SetEndpointAttributes",
        ], action)
      ])
    ])
    error_message = "A permission on every resource is for actions that know no resources only."
  }
}

variable "kms_key_alias" {
  description = "Aliases of the keys that the data is encrypted with, as alias/acme-prod-data. Known before the keys are, so a plan shows the whole policy."
  type        = set(string)
  default     = []

  validation {
    condition     = alltrue([for alias in var.kms_key_alias : startswith(alias, "alias/")])
    error_message = "A key's alias begins with alias/."
  }
}

variable "repository_arn" {
  description = "ECR repository of the image; partition, region and account are read from it."
  type        = string

  validation {
    condition     = can(regex("^arn:[a-z-]+:ecr:[a-z0-9-]+:[0-9]{12}:repository/.+$", var.repository_arn))
    error_message = "repository_arn is the ARN of an ECR repository."
  }
}

variable "log_group_name" {
  description = "The one log group that the program writes to."
  type        = string
}

variable "permissions_boundary" {
  description = "ARN of a policy that the roles cannot go beyond; null sets none."
  type        = string
  default     = null
}
