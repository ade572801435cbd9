# A page may send what a service has signed, and nothing else: the signature says which key, type and length.
resource "aws_s3_bucket_cors_configuration" "this" {
  for_each = { for name, bucket in local.buckets : name => bucket if bucket.browser_uploads }

  bucket = aws_s3_bucket.this[each.key].id

  cors_rule {
    id              = "uploads"
    allowed_methods = ["PUT"]
    allowed_origins = var.browser_origins

    # What is signed and a page may set; length and host are the browser's own.
    allowed_headers = ["content-type"]
    expose_headers  = ["ETag"]
    max_age_seconds = 3600
  }
}
