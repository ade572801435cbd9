# The real provider with made-up credentials: policies are asserted as AWS would get them, and AWS is not called.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name                      = "acme-prod"
  account_id                = "123456789012"
  region                    = "eu-central-1"
  vpc_id                    = "vpc-00000000000000000"
  subnet_ids                = ["subnet-00000000000000001", "subnet-00000000000000002"]
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  client_security_group_ids = { product = "sg-00000000000000001" }
}

run "a_domain_inside" {
  command = plan

  assert {
    condition     = length(aws_opensearch_domain.this.vpc_options[0].subnet_ids) == 2 && aws_opensearch_domain.this.domain_endpoint_options[0].enforce_https
    error_message = "It is inside the network, over TLS."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_opensearch_domain.this.access_policies).Statement :
      [statement.Effect, statement.Principal.AWS, statement.Resource]
    ] == [["Allow", "arn:aws:iam::123456789012:root", "arn:aws:es:eu-central-1:123456789012:domain/acme-prod/*"]]
    error_message = "Only roles of this account are let in."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.clients["product"].from_port == 443 && aws_vpc_security_group_ingress_rule.clients["product"].referenced_security_group_id == "sg-00000000000000001"
    error_message = "Its client alone reaches it."
  }

  assert {
    condition = [
      for statement in jsondecode(aws_cloudwatch_log_resource_policy.this.policy_document).Statement :
      [statement.Principal.Service, statement.Condition.StringEquals["aws:SourceAccount"]]
    ] == [["es.amazonaws.com", "123456789012"]]
    error_message = "OpenSearch writes its own logs, for this account."
  }
}

run "more_nodes_than_subnets_are_refused" {
  command = plan

  variables {
    nodes = 3
  }

  expect_failures = [var.nodes]
}

run "a_name_too_long_is_refused" {
  command = plan

  variables {
    name = "a-very-long-name-of-a-shop-staging"
  }

  expect_failures = [var.name]
}
