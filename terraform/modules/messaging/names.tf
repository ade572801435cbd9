data "aws_partition" "current" {}

data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  topics = { for topic in var.topics : topic.name => topic }
  queues = { for queue in var.queues : queue.name => queue }

  # Made of names: a queue and its dead-letter queue name each other, and a plan shows every policy.
  topic_arns             = { for name in keys(local.topics) : name => "arn:${local.partition}:sns:${local.region}:${var.account_id}:${var.name}-${name}" }
  queue_arns             = { for name in keys(local.queues) : name => "arn:${local.partition}:sqs:${local.region}:${var.account_id}:${var.name}-${name}" }
  dead_letter_queue_arns = { for name, arn in local.queue_arns : name => "${arn}-dlq" }

  key_arns = { for name, queue in local.queues : name => queue.encrypted ? var.commands_key_arn : var.data_key_arn }
}
