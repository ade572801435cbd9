# The real provider, with nothing to ask AWS: every rule is planned whole.
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
  name     = "acme-test"
  vpc_id   = "vpc-1"
  database = true
  services = {
    api-gateway = { port = 8000, callers = [], runtime = "fargate", database = false }
    user        = { port = 8001, callers = ["api-gateway", "order"], runtime = "fargate", database = true }
    order       = { port = 8003, callers = ["api-gateway"], runtime = "fargate", database = true }
    mailer      = { port = 8004, callers = ["api-gateway"], runtime = "fargate", database = false }
  }
}

run "only_callers_reach_a_service" {
  command = plan

  assert {
    condition = toset(keys(aws_vpc_security_group_ingress_rule.call)) == toset([
      "api-gateway-to-user", "order-to-user", "api-gateway-to-order", "api-gateway-to-mailer",
    ])
    error_message = "There is one ingress rule for each caller and service, and no other."
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.call) == keys(aws_vpc_security_group_egress_rule.call)
    error_message = "What a service accepts, its caller may send."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.call : rule.cidr_ipv4 == null && rule.cidr_ipv6 == null])
    error_message = "A service is open to groups, never to addresses."
  }

  assert {
    condition     = alltrue([for key, rule in aws_vpc_security_group_ingress_rule.call : rule.from_port == rule.to_port && rule.from_port == var.services[split("-to-", key)[1]].port])
    error_message = "A service is open on its own port alone."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.entrance) == 1 && aws_vpc_security_group_ingress_rule.entrance[0].from_port == 8000
    error_message = "The public load balancer reaches the gateway on its port."
  }

  assert {
    condition     = toset([for rule in aws_vpc_security_group_ingress_rule.public : rule.from_port]) == toset([80, 443])
    error_message = "The world reaches the public load balancer on 80 and 443."
  }

  assert {
    condition     = length(aws_security_group.internal_load_balancer) == 0 && length(aws_vpc_security_group_egress_rule.function_call) == 0
    error_message = "Without a service on Lambda there is no internal load balancer."
  }
}

run "only_what_has_data_in_it_reaches_the_database" {
  command = plan

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.database)) == toset(["user", "order", "one-off-task"])
    error_message = "The database takes services that use it and one-off tasks."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_ingress_rule.database : rule.from_port == 5432 && rule.cidr_ipv4 == null])
    error_message = "The database takes PostgreSQL from groups."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_egress_rule.database)) == toset(["user", "order", "one-off-task"])
    error_message = "A service without a database has no way to it."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.https : rule.from_port == 443 && rule.to_port == 443])
    error_message = "Outside a service speaks HTTPS and nothing else."
  }
}

run "a_function_is_called_through_the_load_balancer" {
  command = plan

  variables {
    services = {
      api-gateway = { port = 8000, callers = [], runtime = "fargate", database = false }
      user        = { port = 8001, callers = ["api-gateway", "order"], runtime = "lambda", database = true }
      order       = { port = 8003, callers = ["api-gateway"], runtime = "fargate", database = true }
    }
  }

  assert {
    condition     = keys(aws_vpc_security_group_ingress_rule.call) == ["api-gateway-to-order"]
    error_message = "Nobody connects to a function."
  }

  assert {
    condition     = toset(keys(aws_vpc_security_group_ingress_rule.function_call)) == toset(["api-gateway", "order"])
    error_message = "The internal load balancer takes the callers of functions."
  }

  assert {
    condition     = alltrue([for rule in aws_vpc_security_group_egress_rule.function_call : rule.from_port == 80 && rule.to_port == 80])
    error_message = "Functions are called on port 80."
  }

  assert {
    condition     = contains(keys(aws_vpc_security_group_ingress_rule.database), "user")
    error_message = "A function reaches its database too."
  }
}

run "a_gateway_on_lambda_has_no_port" {
  command = plan

  variables {
    services = {
      api-gateway = { port = 8000, callers = [], runtime = "lambda", database = false }
      user        = { port = 8001, callers = ["api-gateway"], runtime = "fargate", database = true }
    }
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.entrance) == 0 && length(aws_vpc_security_group_egress_rule.entrance) == 0
    error_message = "The load balancer invokes the gateway through AWS."
  }

  assert {
    condition     = length(aws_security_group.internal_load_balancer) == 0
    error_message = "The public load balancer is the gateway's: it needs no internal one."
  }
}

run "an_unknown_caller_is_refused" {
  command = plan

  variables {
    services = {
      api-gateway = { port = 8000, callers = ["stranger"], runtime = "fargate", database = false }
    }
  }

  expect_failures = [var.services]
}

run "a_port_of_root_is_refused" {
  command = plan

  variables {
    services = {
      api-gateway = { port = 80, callers = [], runtime = "fargate", database = false }
    }
  }

  expect_failures = [var.services]
}

run "a_database_that_is_not_there_is_refused" {
  command = plan

  variables {
    database = false
  }

  expect_failures = [var.services]
}
