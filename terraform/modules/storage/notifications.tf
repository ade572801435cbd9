resource "aws_s3_bucket_notification" "this" {
  for_each = { for name, bucket in local.buckets : name => bucket.notifications if length(bucket.notifications) > 0 }

  bucket = aws_s3_bucket.this[each.key].id

  dynamic "queue" {
    for_each = each.value

    content {
      queue_arn     = var.queue_arns[queue.value.queue]
      events        = queue.value.events
      filter_prefix = queue.value.prefix
    }
  }
}
