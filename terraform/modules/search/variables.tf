variable "name" {
  description = "Name of the environment, as acme-prod; the domain's too."
  type        = string

  validation {
    condition     = length(var.name) <= 28
    error_message = "A domain's name has 28 characters at most (OpenSearch)."
  }
}

variable "account_id" {
  description = "The AWS account."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "vpc_id" {
  description = "The network."
  type        = string
}

variable "subnet_ids" {
  description = "Subnets without a way out, in different zones; the first ones are used, one for each node up to three."
  type        = list(string)
}

variable "client_security_group_ids" {
  description = "Groups that may connect, under keys that a plan knows."
  type        = map(string)
}

variable "kms_key_arn" {
  description = "Key of the indexes and the logs."
  type        = string
}

variable "instance_type" {
  description = "Size of a node."
  type        = string
  default     = "t3.small.search"

  validation {
    condition     = endswith(var.instance_type, ".search")
    error_message = "A node's type ends with .search, as t3.small.search."
  }
}

variable "nodes" {
  description = "How many nodes, in as many zones: 2 or 3."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.nodes) && var.nodes <= length(var.subnet_ids)
    error_message = "nodes is 2 or 3, and there is a subnet for each."
  }
}

variable "volume_gib" {
  description = "Disk of each node, in GiB."
  type        = number
  default     = 20
}

variable "log_retention_days" {
  description = "Days that OpenSearch's logs are kept."
  type        = number
  default     = 365
}

variable "service_linked_role" {
  description = "Whether to make the role by which OpenSearch joins a network. An account has one of it, so true only where no domain in a network was ever made."
  type        = bool
  default     = false
}
