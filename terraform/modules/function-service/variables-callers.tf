variable "queues" {
  description = "Queues that the service consumes, by logical name."
  type        = map(object({ arn = string, visibility_timeout_seconds = number }))
  default     = {}

  # AWS's rule for an SQS source: a batch may be throttled and tried again before its messages show up a second time.
  validation {
    condition     = alltrue([for queue in values(var.queues) : queue.visibility_timeout_seconds >= 6 * var.timeout])
    error_message = "A queue's visibility timeout is at least six times the function's timeout."
  }
}

variable "queue_concurrency" {
  description = "Batches of one queue at once, at most; null takes half of reserved_concurrency, shared by the queues, so that requests get through."
  type        = number
  default     = null

  validation {
    condition     = var.queue_concurrency == null ? true : var.queue_concurrency >= 2
    error_message = "Lambda takes two batches of a queue at once, at least."
  }
}

variable "schedule" {
  description = "Invokes the function once a minute, for what a container does in the background: outbox, expiry, reconciliation."
  type        = bool
  default     = true
}

variable "internal" {
  description = "Listener of the internal load balancer, the host that callers use, and the rule's priority; null without callers."
  type        = object({ listener_arn = string, host = string, priority = number })
  default     = null

  validation {
    condition     = var.internal == null ? true : var.internal.priority >= 1 && var.internal.priority <= 50000
    error_message = "A rule's priority is 1 to 50000."
  }
}

variable "public_target" {
  description = "Target group of the public load balancer that this function answers for; null for none."
  type        = object({ target_group_arn = string })
  default     = null
}
