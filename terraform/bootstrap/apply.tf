resource "aws_iam_role" "apply" {
  for_each = var.environments

  name                 = "${var.shop}-ci-${each.value}-apply"
  path                 = "/ci/"
  description          = "terraform apply of ${local.names[each.value]}"
  assume_role_policy   = data.aws_iam_policy_document.trust["${each.value}-apply"].json
  permissions_boundary = aws_iam_policy.apply_boundary[each.value].arn
  depends_on           = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy_attachment" "apply_reads" {
  for_each = var.environments

  role       = aws_iam_role.apply[each.value].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/ReadOnlyAccess"
}

resource "aws_iam_policy" "apply" {
  for_each = var.environments

  name        = "${var.shop}-ci-${each.value}-apply"
  path        = "/ci/"
  description = "What building ${local.names[each.value]} takes"
  policy      = data.aws_iam_policy_document.apply[each.value].json
}

resource "aws_iam_role_policy_attachment" "apply" {
  for_each = var.environments

  role       = aws_iam_role.apply[each.value].name
  policy_arn = aws_iam_policy.apply[each.value].arn
}

data "aws_iam_policy_document" "apply" {
  #checkov:skip=CKV_AWS_107:The boundary denies every verb that reads a secret's value.
  #checkov:skip=CKV_AWS_108:The boundary denies every verb that reads data.
  #checkov:skip=CKV_AWS_109:Building an environment is setting permissions; IAM is limited to its names and to the workload boundary.
  #checkov:skip=CKV_AWS_111:Networks, keys and certificates have no names before they exist; the region limits them.
  #checkov:skip=CKV_AWS_356:The same: what has no name cannot be named.
  for_each = var.environments

  source_policy_documents = [
    data.aws_iam_policy_document.state["${each.value}-apply"].json,
    data.aws_iam_policy_document.roles[each.value].json,
  ]

  statement {
    sid     = "Named"
    actions = [for service in ["dynamodb", "ecs", "events", "lambda", "logs", "rds", "s3", "secretsmanager", "sns", "sqs"] : "${service}:*"]
    resources = [
      "${local.here.dynamodb}table/${local.names[each.value]}-*",
      "${local.here.ecs}*/${local.names[each.value]}*",
      "${local.here.events}rule/${local.names[each.value]}-*",
      "${local.here.lambda}function:${local.names[each.value]}-*",
      "${local.here.lambda}event-source-mapping:*",
      "${local.here.logs}log-group:*${local.names[each.value]}*",
      "${local.here.rds}*:${local.names[each.value]}*",
      "arn:${local.partition}:s3:::${local.names[each.value]}-*",
      "${local.here.secretsmanager}secret:${var.shop}/${each.value}/*",
      "${local.here.secretsmanager}secret:rds!cluster-*",
      "${local.here.sns}${local.names[each.value]}-*",
      "${local.here.sqs}${local.names[each.value]}-*",
    ]
  }

  # These are named by AWS, or not at all.
  statement {
    sid = "Unnamed"
    actions = [for service in [
      "acm", "application-autoscaling", "cloudwatch", "ec2", "elasticache", "elasticloadbalancing", "es", "kms",
      "servicediscovery", "ses", "wafv2",
    ] : "${service}:*"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = [var.region]
    }
  }

  # Their resources know no names either, and their home is us-east-1.
  statement {
    sid       = "Global"
    actions   = ["cloudfront:*", "route53:*"]
    resources = ["*"]
  }

  # These two take no resource.
  statement {
    sid       = "WithoutResource"
    actions   = ["ecs:DeregisterTaskDefinition", "lambda:CreateEventSourceMapping"]
    resources = ["*"]
  }
}
