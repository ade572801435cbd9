locals {
  queue_concurrency = coalesce(
    var.queue_concurrency,
    max(2, floor(var.reserved_concurrency / 2 / max(1, length(var.queues)))),
  )
}

# Lambda polls with the function's role. A message that fails alone goes back alone.
resource "aws_lambda_event_source_mapping" "queue" {
  for_each = var.queues

  event_source_arn                   = each.value.arn
  function_name                      = aws_lambda_alias.live.arn
  batch_size                         = 10
  maximum_batching_window_in_seconds = 0
  function_response_types            = ["ReportBatchItemFailures"]

  scaling_config {
    maximum_concurrency = local.queue_concurrency
  }
}
