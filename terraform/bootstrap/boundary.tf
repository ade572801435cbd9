# Whatever policy somebody hangs on the apply role, it stays within this.
resource "aws_iam_policy" "apply_boundary" {
  for_each = var.environments

  name        = "${var.shop}-ci-${each.value}-apply-boundary"
  path        = "/ci/"
  description = "What the apply role of ${local.names[each.value]} never goes beyond"
  policy      = data.aws_iam_policy_document.apply_boundary[each.value].json
}

data "aws_iam_policy_document" "apply_boundary" {
  #checkov:skip=CKV_AWS_107:A boundary gives nothing, and this one denies the verbs that read secrets.
  #checkov:skip=CKV_AWS_108:A boundary gives nothing, and this one denies the verbs that read data.
  #checkov:skip=CKV_AWS_109:A boundary gives nothing; what the role may do is in the apply policy.
  #checkov:skip=CKV_AWS_111:A boundary gives nothing; what the role may do is in the apply policy.
  #checkov:skip=CKV_AWS_356:A boundary gives nothing; what the role may do is in the apply policy.
  for_each = var.environments

  source_policy_documents = [data.aws_iam_policy_document.roles[each.value].json]

  statement {
    sid = "Infrastructure"
    actions = concat(["iam:Get*", "iam:List*", "tag:Get*"], [for service in [
      "acm", "application-autoscaling", "cloudfront", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs", "elasticache",
      "elasticloadbalancing", "es", "events", "kms", "lambda", "logs", "rds", "route53", "s3", "secretsmanager",
      "servicediscovery", "ses", "sns", "sqs", "wafv2",
    ] : "${service}:*"])
    resources = ["*"]
  }

  statement {
    sid       = "NoData"
    effect    = "Deny"
    actions   = concat(local.data_verbs, ["ecs:RunTask"])
    resources = ["*"]
  }

  statement {
    sid           = "NoObjects"
    effect        = "Deny"
    actions       = ["s3:GetObject", "s3:GetObjectVersion"]
    not_resources = [local.state[each.value], "${local.state[each.value]}.tflock"]
  }

  # The states and the key of all environments outlive each of them.
  statement {
    sid       = "KeepStates"
    effect    = "Deny"
    actions   = ["s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObjectVersion", "s3:PutBucketPolicy", "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration"]
    resources = [local.state_bucket, "${local.state_bucket}/*"]
  }

  statement {
    sid       = "KeepKey"
    effect    = "Deny"
    actions   = ["kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]
    resources = ["*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.shop}-terraform-state"]
    }
  }
}
