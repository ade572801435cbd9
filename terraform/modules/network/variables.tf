variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "cidr" {
  description = "Addresses of the network. Between /16 and /20: a smaller one leaves too few for a load balancer in each zone."
  type        = string
  default     = "10.20.0.0/16"

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && can(regex("/(1[6-9]|20)$", var.cidr))
    error_message = "cidr is an IPv4 range from /16 to /20, as 10.20.0.0/16."
  }
}

variable "zone_count" {
  description = "In how many availability zones there are subnets."
  type        = number
  default     = 2

  validation {
    condition     = contains([2, 3], var.zone_count)
    error_message = "zone_count is 2 or 3: load balancer and database want two, and a fourth only costs."
  }
}

variable "zones" {
  description = "Availability zones to use; empty takes the region's first ones. Zones that are named do not move when AWS opens another."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.zones) == 0 || length(distinct(var.zones)) >= var.zone_count
    error_message = "zones is empty or names at least zone_count different zones."
  }
}

variable "nat_mode" {
  description = "How private subnets reach the net: none, single (one gateway, gone with its zone), per_zone."
  type        = string

  validation {
    condition     = contains(["none", "single", "per_zone"], var.nat_mode)
    error_message = "nat_mode is none, single or per_zone."
  }
}

variable "interface_endpoints" {
  description = "AWS services reached without leaving the network, by the last part of their endpoint's name, as ecr.api. Each costs by the hour and zone: seven in two zones are dearer than one NAT gateway. S3 and DynamoDB are free and always there."
  type        = set(string)
  default     = []

  validation {
    condition     = length(setintersection(var.interface_endpoints, ["s3", "dynamodb"])) == 0
    error_message = "s3 and dynamodb have gateway endpoints already, which cost nothing."
  }
}

variable "flow_logs" {
  description = "Whether every connection is logged. Off in environments/local only: the emulator forgets half of a flow log's settings, so no second plan would be empty."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that flow logs are kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "Key that flow logs are encrypted with."
  type        = string
}

variable "permissions_boundary" {
  description = "ARN of a policy that the role cannot go beyond; null sets none."
  type        = string
  default     = null
}
