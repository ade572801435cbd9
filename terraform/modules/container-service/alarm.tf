locals {
  server_errors = ["500", "502", "503", "504"]
}

# Of what the program itself answers, more than 1 % are server errors in two of three minutes. No requests, no alarm.
resource "aws_cloudwatch_metric_alarm" "server_errors" {
  count = var.rollback_alarms ? 1 : 0

  alarm_name          = "${local.full_name}-server-errors"
  alarm_description   = "More than 1 % of the answers of ${var.name} are 5xx; a deployment under way is taken back."
  comparison_operator = "GreaterThanThreshold"
  threshold           = 1
  evaluation_periods  = 3
  datapoints_to_alarm = 2
  treat_missing_data  = "notBreaching"

  metric_query {
    id          = "share"
    label       = "5xx in percent"
    expression  = "100 * (${join(" + ", [for status in local.server_errors : "FILL(status_${status}, 0)"])}) / answers"
    return_data = true
  }

  metric_query {
    id          = "answers"
    return_data = false

    metric {
      namespace   = "Cartwright"
      metric_name = "http_request_duration_seconds"
      period      = 60
      stat        = "SampleCount"
      dimensions  = { service = var.name }
    }
  }

  dynamic "metric_query" {
    for_each = toset(local.server_errors)

    content {
      id          = "status_${metric_query.value}"
      return_data = false

      metric {
        namespace   = "Cartwright"
        metric_name = "http_request_duration_seconds"
        period      = 60
        stat        = "SampleCount"
        dimensions  = { service = var.name, status = metric_query.value }
      }
    }
  }
}
