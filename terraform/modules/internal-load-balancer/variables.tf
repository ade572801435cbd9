variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "vpc_id" {
  description = "The VPC that it stands in."
  type        = string
}

variable "subnet_ids" {
  description = "Private subnets, in two zones or more."
  type        = list(string)

  validation {
    condition     = length(var.subnet_ids) >= 2
    error_message = "A load balancer needs subnets in two zones or more."
  }
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "log_bucket_name" {
  description = "Bucket of access logs; they are written under internal/."
  type        = string
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted. It holds nothing, and goes when the last function does."
  type        = bool
  default     = false
}
