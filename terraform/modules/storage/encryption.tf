resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  for_each = local.buckets

  bucket = aws_s3_bucket.this[each.key].id

  rule {
    # One key for a bucket instead of one for each object: hundreds of times fewer calls to KMS.
    bucket_key_enabled = !each.value.public_read

    apply_server_side_encryption_by_default {
      sse_algorithm     = each.value.public_read ? "AES256" : "aws:kms"
      kms_master_key_id = each.value.public_read ? null : var.kms_key_arn
    }
  }
}
