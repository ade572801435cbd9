mock_provider "aws" {}

variables {
  name              = "acme-test"
  vpc_id            = "vpc-1"
  subnet_ids        = ["subnet-1", "subnet-2"]
  security_group_id = "sg-1"
  log_bucket_name   = "acme-test-logs"
}

run "it_stands_inside" {
  command = plan

  assert {
    condition     = aws_lb.internal.internal
    error_message = "Nobody outside the VPC reaches it."
  }

  assert {
    condition     = aws_lb.internal.drop_invalid_header_fields && aws_lb.internal.desync_mitigation_mode == "strictest" && aws_lb.internal.access_logs[0].enabled
    error_message = "Ambiguous requests are dropped and all are logged."
  }

  assert {
    condition     = one(aws_lb_listener.http.default_action).type == "fixed-response" && one(one(aws_lb_listener.http.default_action).fixed_response).status_code == "404"
    error_message = "A host that no service has leads nowhere."
  }
}

run "a_name_that_is_too_long_is_cut" {
  command = plan

  variables {
    name = "abcdefghij-klmnopqrs-staging"
  }

  assert {
    condition     = length(aws_lb.internal.name) <= 32
    error_message = "Names of load balancers have 32 characters."
  }
}

run "one_zone_is_refused" {
  command = plan

  variables {
    subnet_ids = ["subnet-1"]
  }

  expect_failures = [var.subnet_ids]
}
