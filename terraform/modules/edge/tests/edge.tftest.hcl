# The real provider, with nothing to ask AWS.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name              = "acme-test"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-1"
  domain            = { name = "api.acme.example", zone_id = "Z1" }
  log_bucket_name   = "acme-test-logs"
  target            = { type = "ip", port = 8000 }
  waf               = { enabled = true, requests_per_five_minutes = 2000 }
  kms_key_arn       = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "tls_and_a_redirect" {
  command = plan

  assert {
    condition     = aws_lb_listener.https[0].port == 443 && startswith(aws_lb_listener.https[0].ssl_policy, "ELBSecurityPolicy-TLS13-")
    error_message = "The API speaks TLS 1.3."
  }

  assert {
    condition     = aws_lb_listener.http.default_action[0].type == "redirect" && aws_lb_listener.http.default_action[0].redirect[0].status_code == "HTTP_301"
    error_message = "Port 80 only sends on to 443."
  }

  assert {
    condition     = aws_acm_certificate.this[0].domain_name == "api.acme.example" && length(aws_route53_record.validation) == 1
    error_message = "A domain's certificate is made and validated."
  }

  assert {
    condition     = output.url == "https://api.acme.example"
    error_message = "The API answers at the domain."
  }

  assert {
    condition     = aws_lb.public.drop_invalid_header_fields && aws_lb.public.desync_mitigation_mode == "strictest" && aws_lb.public.access_logs[0].enabled
    error_message = "Ambiguous requests are dropped and all are logged."
  }
}

run "readiness_decides" {
  command = plan

  assert {
    condition     = aws_lb_target_group.gateway.health_check[0].path == "/health/ready" && aws_lb_target_group.gateway.health_check[0].interval == 10
    error_message = "Readiness is asked every ten seconds."
  }

  assert {
    condition     = aws_lb_target_group.gateway.health_check[0].healthy_threshold == 2 && aws_lb_target_group.gateway.health_check[0].unhealthy_threshold == 3
    error_message = "Two answers make a target healthy, three failures unhealthy."
  }

  assert {
    condition     = tonumber(aws_lb_target_group.gateway.deregistration_delay) >= 20 && tonumber(aws_lb_target_group.gateway.deregistration_delay) <= 30
    error_message = "A target that goes is left time to answer, less than its stop timeout."
  }
}

run "the_firewall_counts_and_refuses" {
  command = plan

  assert {
    condition = toset(flatten([for rule in aws_wafv2_web_acl.this[0].rule : rule.statement[*].managed_rule_group_statement[*].name])) == toset([
      "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesSQLiRuleSet",
    ])
    error_message = "The managed rules are reputation, common, known bad inputs and SQL injection."
  }

  assert {
    condition     = flatten([for rule in aws_wafv2_web_acl.this[0].rule : rule.statement[*].rate_based_statement[*].limit]) == [2000]
    error_message = "One address is held to its rate."
  }

  assert {
    condition = contains(flatten([
      for rule in aws_wafv2_web_acl.this[0].rule : rule.statement[*].managed_rule_group_statement[*].rule_action_override[*].name
    ]), "SizeRestrictions_BODY")
    error_message = "A body of more than 8 KiB is let through."
  }

  assert {
    condition = alltrue([
      for header in ["authorization", "cookie"] : contains(flatten([
        for field in aws_wafv2_web_acl_logging_configuration.this[0].redacted_fields : field.single_header[*].name
      ]), header)
    ])
    error_message = "Tokens stay out of the firewall's log."
  }

  assert {
    condition     = alltrue([for rule in aws_wafv2_web_acl.this[0].rule : !rule.visibility_config[0].sampled_requests_enabled])
    error_message = "Samples would show tokens."
  }
}

run "as_on_the_emulator" {
  command = plan

  variables {
    waf = { enabled = true, requests_per_five_minutes = 2000, logging = false }
  }

  assert {
    condition     = length(aws_wafv2_web_acl_logging_configuration.this) == 0 && length(aws_wafv2_web_acl_association.this) == 1
    error_message = "Without its log the firewall still stands before the API."
  }
}

run "a_function_answers" {
  command = plan

  variables {
    target = { type = "lambda", port = null }
  }

  assert {
    condition     = aws_lb_target_group.gateway.target_type == "lambda" && aws_lb_target_group.gateway.lambda_multi_value_headers_enabled
    error_message = "A header that comes twice reaches a function twice."
  }

  assert {
    condition     = aws_lb_target_group.gateway.health_check[0].enabled == false
    error_message = "A check would be an invocation."
  }
}

run "a_name_that_is_too_long_is_cut" {
  command = plan

  variables {
    name = "abcdefghij-klmnopqrs-staging"
  }

  assert {
    condition     = length(aws_lb.public.name) <= 32 && length(aws_lb_target_group.gateway.name) <= 32
    error_message = "Names of load balancers have 32 characters."
  }
}

run "a_certificate_of_one_s_own" {
  command = plan

  variables {
    domain          = null
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  }

  assert {
    condition     = length(aws_acm_certificate.this) == 0 && aws_lb_listener.https[0].certificate_arn == var.certificate_arn
    error_message = "The certificate given is the one used."
  }
}

run "trying_out_without_tls" {
  command = plan

  variables {
    domain     = null
    allow_http = true
  }

  assert {
    condition     = length(aws_lb_listener.https) == 0 && aws_lb_listener.http.default_action[0].type == "forward"
    error_message = "Without a domain the API answers on port 80."
  }
}

run "no_tls_is_refused" {
  command = plan

  variables {
    domain = null
  }

  expect_failures = [var.allow_http]
}

run "two_certificates_are_refused" {
  command = plan

  variables {
    certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/1"
  }

  expect_failures = [var.certificate_arn]
}

run "a_task_without_a_port_is_refused" {
  command = plan

  variables {
    target = { type = "ip" }
  }

  expect_failures = [var.target]
}
