resource "aws_s3_bucket_policy" "state" {
  bucket     = aws_s3_bucket.state.id
  policy     = data.aws_iam_policy_document.bucket.json
  depends_on = [aws_s3_bucket_public_access_block.state]
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "TlsOnly"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.state_bucket, "${local.state_bucket}/*"]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

locals {
  state_bucket = "arn:${local.partition}:s3:::${var.shop}-terraform-state-${var.account_id}"
  state        = { for environment in var.environments : environment => "${local.state_bucket}/${environment}/terraform.tfstate" }
}

# What a role needs of its environment's state: each can lock it, apply alone writes it, deploy alone does neither.
data "aws_iam_policy_document" "state" {
  for_each = merge([
    for environment in var.environments : {
      for role in ["plan", "apply", "deploy"] : "${environment}-${role}" => { environment = environment, role = role }
    }
  ]...)

  statement {
    sid       = "FindState"
    actions   = ["s3:ListBucket"]
    resources = [local.state_bucket]
  }

  statement {
    sid       = "State"
    actions   = each.value.role == "apply" ? ["s3:GetObject", "s3:PutObject"] : ["s3:GetObject"]
    resources = [local.state[each.value.environment]]
  }

  dynamic "statement" {
    for_each = each.value.role == "deploy" ? [] : [1]

    content {
      sid       = "LockState"
      actions   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
      resources = ["${local.state[each.value.environment]}.tflock"]
    }
  }

  statement {
    sid       = "StateKey"
    actions   = each.value.role == "deploy" ? ["kms:Decrypt"] : ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local.here.kms}key/*"]

    condition {
      test     = "ForAnyValue:StringEquals"
      variable = "kms:ResourceAliases"
      values   = ["alias/${var.shop}-terraform-state"]
    }
  }
}
