mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_data "aws_availability_zones" {
    defaults = { names = ["eu-central-1a", "eu-central-1b", "eu-central-1c"] }
  }

  # What a mock makes up is no ARN and no JSON, and the provider refuses it.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-central-1:123456789012:log-group:/acme-prod/network/flow" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/acme-prod-flow-logs" }
  }
}

variables {
  name        = "acme-prod"
  nat_mode    = "per_zone"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_network_over_two_zones" {
  command = plan

  assert {
    condition     = keys(aws_subnet.private) == ["eu-central-1a", "eu-central-1b"] && length(aws_nat_gateway.this) == 2
    error_message = "Subnets and NAT gateways are in the first two zones."
  }

  assert {
    condition     = length(aws_default_security_group.closed.ingress) == 0 && length(aws_default_security_group.closed.egress) == 0
    error_message = "The default security group lets nothing in or out."
  }

  assert {
    condition     = toset(values(aws_vpc_endpoint.gateway)[*].service_name) == toset(["com.amazonaws.eu-central-1.s3", "com.amazonaws.eu-central-1.dynamodb"])
    error_message = "S3 and DynamoDB do not go through NAT."
  }

  assert {
    condition     = alltrue([for subnet in values(aws_subnet.public) : !subnet.map_public_ip_on_launch])
    error_message = "Nothing gets a public address unasked."
  }

  assert {
    condition     = length(aws_flow_log.this) == 1 && aws_flow_log.this[0].traffic_type == "ALL"
    error_message = "Connections are logged."
  }
}

run "ranges_of_three_zones_lie_apart" {
  command = plan

  variables {
    zone_count = 3
  }

  assert {
    condition = (
      [for zone in local.zones : local.subnets[zone].private] == ["10.20.0.0/20", "10.20.16.0/20", "10.20.32.0/20"] &&
      [for zone in local.zones : local.subnets[zone].public] == ["10.20.192.0/22", "10.20.196.0/22", "10.20.200.0/22"] &&
      [for zone in local.zones : local.subnets[zone].database] == ["10.20.224.0/24", "10.20.225.0/24", "10.20.226.0/24"]
    )
    error_message = "No range lies in another."
  }
}

run "one_gateway_serves_all_zones" {
  variables {
    nat_mode = "single"
  }

  assert {
    condition     = keys(aws_nat_gateway.this) == ["eu-central-1a"] && length(distinct(values(aws_route.nat)[*].nat_gateway_id)) == 1 && length(aws_route.nat) == 2
    error_message = "Both zones go out through the one gateway."
  }

  assert {
    condition     = alltrue([for route in values(aws_route.nat) : route.route_table_id != aws_route_table.database.id]) && aws_route.internet.route_table_id != aws_route_table.database.id
    error_message = "Database subnets have no way out."
  }
}

run "without_nat_nothing_private_goes_out" {
  command = plan

  variables {
    nat_mode = "none"
  }

  assert {
    condition     = length(aws_route.nat) == 0 && length(aws_eip.nat) == 0
    error_message = "No gateway, no address, no route."
  }
}

run "endpoints_take_https_from_inside_only" {
  command = plan

  variables {
    interface_endpoints = ["ecr.api", "ecr.dkr"]
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints[0].cidr_ipv4 == "10.20.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints[0].from_port == 443
    error_message = "Endpoints answer to the network alone."
  }

  assert {
    condition     = aws_vpc_endpoint.interface["ecr.api"].service_name == "com.amazonaws.eu-central-1.ecr.api" && aws_vpc_endpoint.interface["ecr.api"].private_dns_enabled
    error_message = "Endpoints are found under the services' usual names."
  }
}

run "zones_that_are_named_are_used" {
  command = plan

  variables {
    zones = ["eu-central-1c", "eu-central-1a"]
  }

  assert {
    condition     = output.zones == tolist(["eu-central-1c", "eu-central-1a"]) && length(data.aws_availability_zones.available) == 0
    error_message = "AWS is not asked for zones when they are named."
  }
}

run "a_network_too_small_is_refused" {
  command = plan

  variables {
    cidr = "10.20.0.0/24"
  }

  expect_failures = [var.cidr]
}

run "a_nat_mode_that_does_not_exist_is_refused" {
  command = plan

  variables {
    nat_mode = "both"
  }

  expect_failures = [var.nat_mode]
}

run "a_single_zone_is_refused" {
  command = plan

  variables {
    zone_count = 1
  }

  expect_failures = [var.zone_count]
}

run "fewer_zones_than_wanted_are_refused" {
  command = plan

  variables {
    zone_count = 3
    zones      = ["eu-central-1a", "eu-central-1b"]
  }

  expect_failures = [var.zones]
}
