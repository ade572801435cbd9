data "aws_partition" "current" {}

locals {
  buckets         = { for bucket in var.buckets : bucket.name => bucket }
  private_buckets = { for name, bucket in local.buckets : name => bucket if !bucket.public_read }

  # Made of names, so that a plan shows every policy.
  arns = { for name in concat(keys(local.buckets), ["logs"]) : name => "arn:${data.aws_partition.current.partition}:s3:::${var.name}-${name}" }
}

resource "aws_s3_bucket" "this" {
  #checkov:skip=CKV_AWS_144:Invoices can be made again from the database, which has backups; a second region is a decision of its owner.
  #checkov:skip=CKV_AWS_19:All are encrypted (encryption.tf); checkov does not follow the choice between two keys.
  #checkov:skip=CKV_AWS_145:Private buckets have the data key. CloudFront reads the public one, and what everybody may read needs no key of ours.
  for_each = local.buckets

  bucket        = "${var.name}-${each.key}"
  force_destroy = var.force_destroy
}

# The public reads through CloudFront, which S3 does not count as public.
resource "aws_s3_bucket_public_access_block" "this" {
  for_each = aws_s3_bucket.this

  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "this" {
  for_each = aws_s3_bucket.this

  bucket = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_logging" "this" {
  for_each = aws_s3_bucket.this

  bucket        = each.value.id
  target_bucket = aws_s3_bucket.logs.id
  target_prefix = "s3/${each.key}/"
}
