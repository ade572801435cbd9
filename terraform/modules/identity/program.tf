locals {
  arn_parts = split(":", var.repository_arn)
  partition = local.arn_parts[1]
  region    = local.arn_parts[3]
  account   = local.arn_parts[4]
  on_lambda = var.runtime == "lambda"

  log_streams = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:${var.log_group_name}:*"
  function    = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}"

  # Services that encrypt and decrypt for the program. It never calls KMS itself, so a key does not open to it directly.
  encrypting_services = concat(["dynamodb", "s3", "secretsmanager", "sns", "sqs"], local.on_lambda ? ["lambda"] : [])
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [local.on_lambda ? "lambda.amazonaws.com" : "ecs-tasks.amazonaws.com"]
    }

    # ECS acts for many accounts; for this one only. Lambda does not send these keys, and takes a role only from who may
    # pass it.
    dynamic "condition" {
      for_each = local.on_lambda ? {} : {
        "aws:SourceAccount" = { test = "StringEquals", value = local.account }
        "aws:SourceArn"     = { test = "ArnLike", value = "arn:${local.partition}:ecs:${local.region}:${local.account}:*" }
      }

      content {
        test     = condition.value.test
        variable = condition.key
        values   = [condition.value.value]
      }
    }
  }
}

resource "aws_iam_role" "program" {
  name                 = var.name
  description          = "What the program ${var.name} may do"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "program" {
  name   = "program"
  role   = aws_iam_role.program.name
  policy = data.aws_iam_policy_document.program.json
}
