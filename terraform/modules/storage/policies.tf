# Services get in by their roles' policies.
data "aws_iam_policy_document" "only_tls" {
  for_each = merge(local.private_buckets, { logs = null })

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.arns[each.key], "${local.arns[each.key]}/*"]

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

resource "aws_s3_bucket_policy" "this" {
  for_each = local.private_buckets

  bucket = aws_s3_bucket.this[each.key].id
  policy = data.aws_iam_policy_document.only_tls[each.key].json

  depends_on = [aws_s3_bucket_public_access_block.this]
}
