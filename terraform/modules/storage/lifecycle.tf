resource "aws_s3_bucket_lifecycle_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    id     = "tidy"
    status = "Enabled"

    filter {}

    dynamic "expiration" {
      for_each = each.value.expire_after_days == null ? [] : [each.value.expire_after_days]

      content {
        days = expiration.value
      }
    }

    # Time to notice that something was overwritten or deleted; where objects expire, no longer than they live.
    noncurrent_version_expiration {
      noncurrent_days = min(30, coalesce(each.value.expire_after_days, 30))
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }

  # A rule for old versions needs them to exist.
  depends_on = [aws_s3_bucket_versioning.this]
}
