output "bucket_arns" {
  description = "Buckets by logical name."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.arn }
}

output "bucket_names" {
  description = "Full names by logical name."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.bucket }
}

output "bucket_domain_names" {
  description = "Regional host names by logical name."
  value       = { for name, bucket in aws_s3_bucket.this : name => bucket.bucket_regional_domain_name }
}

# S3 takes changes to a bucket's policy and to its block on public access one at a time.
output "public_buckets" {
  description = "Buckets that are read through the CDN, as its module takes them."
  value = {
    for name, bucket in aws_s3_bucket.this : name => {
      name        = bucket.bucket
      arn         = local.arns[name]
      domain_name = bucket.bucket_regional_domain_name
    } if local.buckets[name].public_read
  }
  depends_on = [aws_s3_bucket_public_access_block.this]
}

# A load balancer writes a test object when it is told of the bucket.
output "log_bucket_name" {
  description = "Bucket of access logs."
  value       = aws_s3_bucket.logs.bucket
  depends_on  = [aws_s3_bucket_policy.logs]
}

output "log_bucket_domain_name" {
  description = "Host name of the bucket of access logs, as CloudFront wants it."
  value       = aws_s3_bucket.logs.bucket_domain_name
  depends_on  = [aws_s3_bucket_ownership_controls.logs]
}
