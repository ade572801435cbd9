# Who asked for what: of the load balancers, the buckets and the CDN.
resource "aws_s3_bucket" "logs" {
  #checkov:skip=CKV_AWS_21:A log is written once and never changed.
  #checkov:skip=CKV_AWS_144:Logs are kept for days; a copy elsewhere is not worth its cost.
  #checkov:skip=CKV_AWS_145:Load balancers write to buckets with S3's own key only.
  #checkov:skip=CKV2_AWS_62:Nobody waits for a log.
  bucket        = "${var.name}-logs"
  force_destroy = var.force_destroy
}

resource "aws_s3_bucket_public_access_block" "logs" {
  bucket                  = aws_s3_bucket.logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "logs" {
  #checkov:skip=CKV2_AWS_65:CloudFront writes its logs by an ACL, which it adds itself; it refuses a bucket without ACLs.
  bucket = aws_s3_bucket.logs.id

  rule {
    object_ownership = "BucketOwnerPreferred"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  bucket = aws_s3_bucket.logs.id

  rule {
    id     = "expire"
    status = "Enabled"

    filter {}

    expiration {
      days = var.log_retention_days
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}
