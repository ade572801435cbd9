variable "name" {
  description = "Name of the environment, as acme-prod; every bucket begins with it and a hyphen, so it is unique in the world."
  type        = string
}

variable "account_id" {
  description = "The AWS account."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "account_id has 12 digits."
  }
}

variable "buckets" {
  description = "Buckets by logical name. What is public_read is read through the CDN, whose module writes that bucket's policy; to one with browser_uploads pages of browser_origins send files."
  type = list(object({
    name              = string
    public_read       = optional(bool, false)
    expire_after_days = optional(number)
    browser_uploads   = optional(bool, false)
    notifications = optional(list(object({
      queue  = string
      events = list(string)
      prefix = optional(string)
    })), [])
  }))

  validation {
    condition     = length(distinct(var.buckets[*].name)) == length(var.buckets) && !contains(var.buckets[*].name, "logs")
    error_message = "Buckets have different names, and logs is the access logs' own."
  }

  validation {
    condition     = alltrue([for bucket in var.buckets : !(bucket.public_read && bucket.expire_after_days != null)])
    error_message = "What the public reads does not expire: a page would lose its pictures."
  }
}

variable "queue_arns" {
  description = "ARNs of the queues that notifications name, by logical name."
  type        = map(string)

  validation {
    condition     = alltrue([for notification in flatten(var.buckets[*].notifications) : contains(keys(var.queue_arns), notification.queue)])
    error_message = "A bucket tells a queue that queue_arns does not name."
  }
}

variable "browser_origins" {
  description = "Origins whose pages send files to the buckets with browser_uploads, as https://shop.example.com."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for origin in var.browser_origins : can(regex("^https?://[A-Za-z0-9.-]+(:[0-9]+)?$", origin))])
    error_message = "An origin is a scheme and a host, as https://shop.example.com: no path, no slash at its end, and no wildcard."
  }

  validation {
    condition     = length(var.browser_origins) > 0 || !anytrue(var.buckets[*].browser_uploads)
    error_message = "With browser_uploads say from which origins."
  }
}

variable "kms_key_arn" {
  description = "Key of the buckets that are not public_read."
  type        = string
}

variable "log_retention_days" {
  description = "Days that access logs are kept."
  type        = number
  default     = 90
}

variable "force_destroy" {
  description = "Whether buckets go with what is in them; true only where all of it may go."
  type        = bool
  default     = false
}
