variable "shop" {
  description = "Short name of the shop, unique in the world: bucket names begin with it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,18}[a-z0-9]$", var.shop))
    error_message = "shop has 3 to 20 lower-case letters, digits and hyphens, begins with a letter and does not end with a hyphen."
  }
}

variable "environment" {
  description = "Which environment this is; part of every name."
  type        = string

  validation {
    condition     = contains(["dev", "staging", "prod", "local"], var.environment)
    error_message = "environment is dev, staging, prod or local."
  }
}

variable "account_id" {
  description = "The AWS account, 12 digits."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "region" {
  description = "The AWS region, as eu-central-1."
  type        = string
}

variable "zones" {
  description = "Availability zones to use, as [\"eu-central-1a\", …]; empty takes the region's first ones."
  type        = list(string)
  default     = []
}

variable "size" {
  description = "S for a small shop or for trying out, M for a busy one, L for a large one (see sizes.tf)."
  type        = string

  validation {
    condition     = contains(["S", "M", "L"], var.size)
    error_message = "size is S, M or L."
  }
}

variable "images" {
  description = "Container image of each service by digest, as `make push` prints them: { order = \"…/order-service@sha256:…\" }."
  type = object({
    api-gateway  = string
    user         = string
    product      = string
    order        = string
    notification = string
  })
}

variable "runtimes" {
  description = "Where each service runs: fargate (default) or lambda."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for runtime in values(var.runtimes) : contains(["fargate", "lambda"], runtime)])
    error_message = "A runtime is fargate or lambda."
  }

  validation {
    condition     = alltrue([for service in keys(var.runtimes) : contains(["api-gateway", "user", "product", "order", "notification"], service)])
    error_message = "runtimes names a service that does not exist; there are api-gateway, user, product, order and notification."
  }
}

variable "architecture" {
  description = "Processor of the images: ARM64 or X86_64."
  type        = string
  default     = "X86_64"

  validation {
    condition     = contains(["ARM64", "X86_64"], var.architecture)
    error_message = "architecture is ARM64 or X86_64."
  }
}

variable "reserved_concurrency" {
  description = "Invocations of each Lambda service at once, at most; times its connections they must fit the database."
  type        = number
  default     = 20

  validation {
    condition     = var.reserved_concurrency >= 2
    error_message = "reserved_concurrency is at least 2: a queue alone takes two."
  }
}

variable "database" {
  description = "Changes to what the size says of the database. min_acu 0 lets it sleep when nobody is connected."
  type = object({
    min_acu        = optional(number)
    max_acu        = optional(number)
    instances      = optional(number)
    engine_version = optional(string, "16.8")
  })
  default = {}
}

variable "connections_per_process" {
  description = "Connections that one process opens at most: a Fargate task, a Lambda instance."
  type = object({
    fargate = optional(number, 10)
    lambda  = optional(number, 2)
  })
  default = {}
}

variable "nat_mode" {
  description = "none, single or per_zone; null takes the size's. Without one, tasks run in public subnets with an address of their own, closed to the inside."
  type        = string
  default     = null

  validation {
    condition     = var.nat_mode == null ? true : contains(["none", "single", "per_zone"], var.nat_mode)
    error_message = "nat_mode is none, single or per_zone."
  }

  validation {
    condition     = var.nat_mode != "none" || !contains(values(var.runtimes), "lambda")
    error_message = "A function in a VPC never gets a public address: with a Lambda service nat_mode is single or per_zone."
  }
}

variable "started" {
  description = "False for the first apply: no task runs until the secrets have values and the databases exist."
  type        = bool
  default     = true
}
