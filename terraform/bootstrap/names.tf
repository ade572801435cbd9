data "aws_partition" "current" {}

locals {
  partition = data.aws_partition.current.partition
  iam       = "arn:${local.partition}:iam::${var.account_id}"

  # acme-prod, as in the environments themselves.
  names = { for environment in var.environments : environment => "${var.shop}-${environment}" }

  # `ARN:service:region:account:` of this account and region, by service.
  here = {
    for service in ["dynamodb", "ecr", "ecs", "events", "kms", "lambda", "logs", "rds", "secretsmanager", "sns", "sqs"] :
    service => "arn:${local.partition}:${service}:${var.region}:${var.account_id}:"
  }

  workload_boundary_arn = "${local.iam}:policy/ci/${var.shop}-workload"
}
