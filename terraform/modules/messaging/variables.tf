variable "name" {
  description = "Name of the environment, as acme-prod; every topic and queue begins with it and a hyphen."
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

variable "topics" {
  description = "Topics by logical name."
  type        = list(object({ name = string }))
}

variable "queues" {
  description = "Queues by logical name; each has a dead-letter queue NAME-dlq. Without event_types a subscription lets all through. An encrypted queue has the commands key and takes messages from services only. The consumer is for people and alarms."
  type = list(object({
    name                          = string
    consumer                      = optional(string)
    visibility_timeout_seconds    = number
    max_receive_count             = number
    encrypted                     = optional(bool, false)
    dead_letter_retention_seconds = optional(number, 1209600) # 14 days, the most that SQS keeps
    subscription                  = optional(object({ topic = string, event_types = list(string) }))
  }))

  validation {
    condition     = length(distinct(var.queues[*].name)) == length(var.queues)
    error_message = "Two queues have the same name."
  }

  validation {
    condition     = alltrue([for queue in var.queues : !endswith(queue.name, "-dlq")])
    error_message = "A name with -dlq at its end is a dead-letter queue's: each queue brings its own."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.subscription == null ? true : contains(var.topics[*].name, queue.subscription.topic)])
    error_message = "A queue subscribes to a topic that does not exist."
  }

  validation {
    condition     = alltrue([for queue in var.queues : !(queue.encrypted && queue.subscription != null)])
    error_message = "An encrypted queue has no subscription: SNS has no part in the commands key, so its messages would be lost."
  }

  validation {
    condition     = alltrue([for queue in var.queues : queue.max_receive_count >= 2 && queue.max_receive_count <= 1000])
    error_message = "max_receive_count is 2 to 1000: with 1 a restart sends a message to the dead letters."
  }
}

variable "bucket_arns" {
  description = "ARNs of buckets by logical name."
  type        = map(string)
  default     = {}
}

variable "bucket_queues" {
  description = "The buckets, by logical name, that tell each queue of their objects."
  type        = map(list(string))
  default     = {}

  validation {
    condition     = alltrue([for queue in keys(var.bucket_queues) : contains(var.queues[*].name, queue)])
    error_message = "bucket_queues names a queue that does not exist."
  }

  validation {
    condition     = alltrue([for bucket in flatten(values(var.bucket_queues)) : contains(keys(var.bucket_arns), bucket)])
    error_message = "bucket_queues names a bucket that bucket_arns does not."
  }

  validation {
    condition     = alltrue([for queue in var.queues : !queue.encrypted || length(lookup(var.bucket_queues, queue.name, [])) == 0])
    error_message = "No bucket tells an encrypted queue: S3 has no part in the commands key."
  }
}

variable "mail_events_topic" {
  description = "Logical name of the topic that SES tells what became of each mail; null: none."
  type        = string
  default     = null

  validation {
    condition     = var.mail_events_topic == null ? true : contains(var.topics[*].name, var.mail_events_topic)
    error_message = "mail_events_topic names a topic that does not exist."
  }
}

variable "data_key_arn" {
  description = "Key of topics and queues."
  type        = string
}

variable "commands_key_arn" {
  description = "Key of encrypted queues."
  type        = string
}
