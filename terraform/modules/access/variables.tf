variable "name" {
  description = "Name of the environment, as acme-prod; the groups' names begin with it."
  type        = string
}

variable "vpc_id" {
  description = "The VPC that the groups belong to."
  type        = string
}

variable "services" {
  description = "Each service's port, who calls it, where it runs (fargate or lambda), and whether it uses the database."
  type = map(object({
    port     = number
    callers  = set(string)
    runtime  = string
    database = bool
  }))

  validation {
    condition     = alltrue([for service in values(var.services) : contains(["fargate", "lambda"], service.runtime)])
    error_message = "A service's runtime is fargate or lambda."
  }

  validation {
    condition     = alltrue([for service in values(var.services) : length(setsubtract(service.callers, keys(var.services))) == 0])
    error_message = "A caller is itself one of the services."
  }

  validation {
    condition     = alltrue([for name, service in var.services : !contains(service.callers, name)])
    error_message = "A service does not call itself."
  }

  validation {
    condition     = alltrue([for service in values(var.services) : service.port >= 1024 && service.port <= 65535])
    error_message = "A service does not run as root, so its port is 1024 or above."
  }

  validation {
    condition     = var.database || !anytrue([for service in values(var.services) : service.database])
    error_message = "A service uses the database, but there is none."
  }
}

variable "entrance" {
  description = "The service that the public load balancer forwards to."
  type        = string
  default     = "api-gateway"

  validation {
    condition     = contains(keys(var.services), var.entrance)
    error_message = "The entrance is one of the services."
  }
}

variable "database" {
  description = "Whether there is a database."
  type        = bool
}

variable "database_port" {
  description = "The database's port."
  type        = number
  default     = 5432
}
