# Sees how everything is set up, and nothing of what is kept in it.
resource "aws_iam_role" "plan" {
  for_each = var.environments

  name               = "${var.shop}-ci-${each.value}-plan"
  path               = "/ci/"
  description        = "terraform plan of ${local.names[each.value]}"
  assume_role_policy = data.aws_iam_policy_document.trust["${each.value}-plan"].json
  depends_on         = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy_attachment" "plan" {
  for_each = var.environments

  role       = aws_iam_role.plan[each.value].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_role_policy" "plan" {
  for_each = var.environments

  name   = "plan"
  role   = aws_iam_role.plan[each.value].name
  policy = data.aws_iam_policy_document.plan[each.value].json
}

data "aws_iam_policy_document" "plan" {
  for_each = var.environments

  source_policy_documents = [data.aws_iam_policy_document.state["${each.value}-plan"].json]

  # ReadOnlyAccess would read customers' data and logs too.
  statement {
    sid       = "NoData"
    effect    = "Deny"
    actions   = concat(local.data_verbs, ["logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery", "s3:GetObjectTagging"])
    resources = ["*"]
  }

  statement {
    sid           = "NoObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = [local.state[each.value], "${local.state[each.value]}.tflock"]
  }
}

locals {
  # Verbs that read or change what is kept, rather than how it is kept.
  data_verbs = [
    "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:GetRecords",
    "dynamodb:PartiQL*", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
    "ecs:ExecuteCommand", "lambda:InvokeFunction", "rds-data:*", "rds-db:*",
    "secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
    "sns:Publish", "sqs:ReceiveMessage", "sqs:SendMessage",
    "ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath",
  ]
}
