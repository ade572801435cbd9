locals {
  # AWS's rule groups in their order, and in each what is only counted because an honest client does it.
  managed_rules = {
    AWSManagedRulesAmazonIpReputationList = { priority = 10, counted = [] }
    AWSManagedRulesCommonRuleSet = {
      priority = 20
      counted = [
        "SizeRestrictions_BODY",  # 8 KiB; the API takes bodies of 1 MiB and refuses larger ones itself.
        "NoUserAgent_HEADER",     # Many HTTP libraries send none.
        "CrossSiteScripting_BODY" # A product's description may speak of markup; it is stored as text and leaves as JSON.
      ]
    }
    AWSManagedRulesKnownBadInputsRuleSet = { priority = 30, counted = [] }
    AWSManagedRulesSQLiRuleSet = {
      priority = 40
      counted  = ["SQLi_BODY"] # Prose looks like SQL at times, and every statement is prepared.
    }
  }
}

resource "aws_wafv2_web_acl" "this" {
  #checkov:skip=CKV_AWS_192:The rule group is among managed_rules, where checkov does not look; the module's tests do.
  count = var.waf.enabled ? 1 : 0

  name        = "${var.name}-public"
  description = "Stands before the API of ${var.name}"
  scope       = "REGIONAL"

  default_action {
    allow {}
  }

  # Before the managed rules, which cost more to look at. The gateway counts again, by user and route.
  rule {
    name     = "requests-per-address"
    priority = 0

    action {
      block {
        custom_response {
          response_code = 429

          response_header {
            name  = "Retry-After"
            value = "60"
          }
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = var.waf.requests_per_five_minutes
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"
      }
    }

    visibility_config {
      metric_name                = "requests-per-address"
      cloudwatch_metrics_enabled = true
      sampled_requests_enabled   = false
    }
  }

  dynamic "rule" {
    for_each = local.managed_rules

    content {
      name     = rule.key
      priority = rule.value.priority

      override_action {
        none {}
      }

      statement {
        managed_rule_group_statement {
          vendor_name = "AWS"
          name        = rule.key

          dynamic "rule_action_override" {
            for_each = rule.value.counted

            content {
              name = rule_action_override.value

              action_to_use {
                count {}
              }
            }
          }
        }
      }

      # A sample would show whole requests, tokens among them.
      visibility_config {
        metric_name                = rule.key
        cloudwatch_metrics_enabled = true
        sampled_requests_enabled   = false
      }
    }
  }

  visibility_config {
    metric_name                = "${var.name}-public"
    cloudwatch_metrics_enabled = true
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "this" {
  count = var.waf.enabled ? 1 : 0

  resource_arn = aws_lb.public.arn
  web_acl_arn  = aws_wafv2_web_acl.this[0].arn
}
