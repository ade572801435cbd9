variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, in two zones or more."
  type        = list(string)
}

variable "client_security_group_ids" {
  description = "Groups that may connect, under keys that a plan knows."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "Key of what is written to disk."
  type        = string
}

variable "node_type" {
  description = "Size of a node."
  type        = string
  default     = "cache.t4g.micro"

  validation {
    condition     = startswith(var.node_type, "cache.")
    error_message = "A node's type begins with cache., as cache.t4g.micro."
  }
}

variable "nodes" {
  description = "How many nodes: 2 or more survive the loss of a zone."
  type        = number
  default     = 2

  validation {
    condition     = var.nodes >= 2 && var.nodes <= 6
    error_message = "nodes is 2 to 6: one alone cannot be failed over."
  }
}
