# AWS wants the name to begin so.
resource "aws_cloudwatch_log_group" "firewall" {
  count = var.waf.enabled && var.waf.logging ? 1 : 0

  name              = "aws-waf-logs-${var.name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

# What was refused or counted; the rest is in the access log.
resource "aws_wafv2_web_acl_logging_configuration" "this" {
  count = var.waf.enabled && var.waf.logging ? 1 : 0

  resource_arn            = aws_wafv2_web_acl.this[0].arn
  log_destination_configs = [aws_cloudwatch_log_group.firewall[0].arn]

  logging_filter {
    default_behavior = "DROP"

    filter {
      behavior    = "KEEP"
      requirement = "MEETS_ANY"

      dynamic "condition" {
        for_each = toset(["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])

        content {
          action_condition {
            action = condition.value
          }
        }
      }
    }
  }

  dynamic "redacted_fields" {
    for_each = toset(["authorization", "cookie", "idempotency-key"])

    content {
      single_header {
        name = redacted_fields.value
      }
    }
  }

  # One-time links and codes of sign-in travel in the query.
  redacted_fields {
    query_string {}
  }
}
