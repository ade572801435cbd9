locals {
  resources = jsondecode(file("${path.module}/../../../shared/contracts/resources.json"))

  name           = "${var.shop}-${var.environment}"
  secrets_prefix = "${var.shop}/${var.environment}/"
  partition      = data.aws_partition.current.partition

  # bootstrap makes it, and lets CI's apply role make no role without it. The emulator has no bootstrap.
  boundary = var.emulated ? null : "arn:${local.partition}:iam::${var.account_id}:policy/ci/${var.shop}-workload"

  # Made of names, not of what is created, so that a plan shows every policy before anything exists.
  arns = {
    topics  = { for topic in local.resources.topics : topic.name => "arn:${local.partition}:sns:${var.region}:${var.account_id}:${local.name}-${topic.name}" }
    queues  = { for queue in local.resources.queues : queue.name => "arn:${local.partition}:sqs:${var.region}:${var.account_id}:${local.name}-${queue.name}" }
    tables  = { for table in local.resources.tables : table.name => "arn:${local.partition}:dynamodb:${var.region}:${var.account_id}:table/${local.name}-${table.name}" }
    buckets = { for bucket in local.resources.buckets : bucket.name => "arn:${local.partition}:s3:::${local.name}-${bucket.name}" }
    # Secrets Manager appends a hyphen and six characters.
    secrets = { for secret in local.resources.secrets : secret.name => "arn:${local.partition}:secretsmanager:${var.region}:${var.account_id}:secret:${local.secrets_prefix}${secret.name}-??????" }
    mail = [
      "arn:${local.partition}:ses:${var.region}:${var.account_id}:identity/${var.mail.domain}",
      "arn:${local.partition}:ses:${var.region}:${var.account_id}:configuration-set/${local.name}",
    ]
  }
}

data "aws_partition" "current" {}
