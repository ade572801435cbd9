variable "scale" {
  description = "Tasks at least and at most, and what to hold: cpu in percent, requests to a task per minute, queued messages per task."
  type = object({
    min                 = number
    max                 = number
    cpu_target          = optional(number, 60)
    requests_per_target = optional(number)
    backlog_per_task    = optional(number)
  })

  validation {
    condition     = var.scale.min >= 0 && var.scale.min <= var.scale.max
    error_message = "scale.min is between 0 and scale.max."
  }

  validation {
    condition     = var.scale.cpu_target >= 20 && var.scale.cpu_target <= 90
    error_message = "scale.cpu_target is between 20 and 90 percent."
  }

  validation {
    condition     = var.scale.requests_per_target == null || var.load_balancer != null
    error_message = "scale.requests_per_target counts the load balancer's requests: set load_balancer too."
  }

  validation {
    condition     = var.scale.backlog_per_task == null || length(var.queues) > 0
    error_message = "scale.backlog_per_task counts messages in queues: set queues too."
  }
}

variable "queues" {
  description = "Queues that the service consumes: logical name to the queue's name."
  type        = map(string)
  default     = {}

  # A target tracking policy takes ten metrics; two are the number of tasks and the result.
  validation {
    condition     = length(var.queues) <= 8
    error_message = "A service scales by eight queues at most."
  }
}

variable "autoscaling" {
  description = "Application autoscaling; off in environments/local only, whose emulator does not have it."
  type        = bool
  default     = true
}

variable "namespace_id" {
  description = "Cloud Map namespace that the service's name is kept in; null keeps none (environments/local only, whose emulator has no DNS)."
  type        = string
  default     = null
}

variable "target_group_arn" {
  description = "Target group of the load balancer, for a service that stands behind one."
  type        = string
  default     = null
}

variable "load_balancer" {
  description = "The last parts of the ARNs of that load balancer and target group, as CloudWatch names them; null without a load balancer."
  type        = object({ arn_suffix = string, target_group_arn_suffix = string })
  default     = null
}

variable "spot" {
  description = "Runs on spare capacity, which AWS may take back at two minutes' notice."
  type        = bool
  default     = false
}

variable "rollback_alarms" {
  description = "Makes an alarm on the share of 5xx answers, and takes a deployment back while it rings."
  type        = bool
  default     = true
}

variable "wait_for_steady_state" {
  description = "Makes apply wait until the deployment has ended, and fail if it was taken back."
  type        = bool
  default     = false
}
