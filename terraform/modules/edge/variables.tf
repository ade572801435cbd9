variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "vpc_id" {
  description = "The VPC of the targets."
  type        = string
}

variable "subnet_ids" {
  description = "Public subnets, in two zones or more."
  type        = list(string)
}

variable "security_group_id" {
  description = "Security group of the load balancer."
  type        = string
}

variable "certificate_arn" {
  description = "An ACM certificate of one's own; domain makes one instead."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || var.domain == null
    error_message = "Give certificate_arn or domain, not both: a domain brings its own certificate."
  }
}

variable "domain" {
  description = "Name that the API answers to, and its Route 53 zone: the certificate and the record are made there."
  type        = object({ name = string, zone_id = string })
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain.name))
    error_message = "domain.name is a host name in small letters, as api.example.com."
  }
}

variable "allow_http" {
  description = "Lets the API answer without TLS where there is neither a certificate nor a domain; for trying out."
  type        = bool
  default     = false

  validation {
    condition     = var.allow_http || var.certificate_arn != null || var.domain != null
    error_message = "Without TLS passwords and tokens cross the net readable: give domain or certificate_arn."
  }
}

variable "log_bucket_name" {
  description = "Bucket of access logs; they are written under public/."
  type        = string
}

variable "target" {
  description = "What answers: type ip (tasks, on their port) or lambda (a function; no port)."
  type        = object({ type = string, port = optional(number) })

  validation {
    condition     = contains(["ip", "lambda"], var.target.type)
    error_message = "target.type is ip or lambda."
  }

  validation {
    condition     = (var.target.type == "ip") == (var.target.port != null)
    error_message = "target.port is given for type ip, and for it alone."
  }
}

variable "waf" {
  description = "Whether a web application firewall stands before the API, and how many requests an address may make in five minutes. logging is off in environments/local only, whose emulator does not have it."
  type = object({
    enabled                   = bool
    requests_per_five_minutes = number
    logging                   = optional(bool, true)
  })

  validation {
    condition     = var.waf.requests_per_five_minutes >= 100
    error_message = "waf.requests_per_five_minutes is at least 100: a page of a shop is many requests."
  }
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted."
  type        = bool
  default     = true
}

variable "log_retention_days" {
  description = "Days that the firewall's log is kept."
  type        = number
  default     = 365
}

variable "kms_key_arn" {
  description = "Key that the firewall's log is encrypted with."
  type        = string
}
