mock_provider "aws" {
  mock_resource "aws_elasticache_replication_group" {
    defaults = { primary_endpoint_address = "master.acme-prod.cache.example" }
  }
}

variables {
  name                      = "acme-prod"
  vpc_id                    = "vpc-00000000000000000"
  subnet_ids                = ["subnet-00000000000000001", "subnet-00000000000000002"]
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  client_security_group_ids = { gateway = "sg-00000000000000001" }
}

run "a_cache_over_tls" {
  assert {
    condition = (
      aws_elasticache_replication_group.this.transit_encryption_mode == "required" &&
      aws_elasticache_replication_group.this.at_rest_encryption_enabled && aws_elasticache_replication_group.this.kms_key_id == var.kms_key_arn
    )
    error_message = "It takes TLS only and is encrypted with the key that was given."
  }

  assert {
    condition     = output.url == "rediss://master.acme-prod.cache.example:6379"
    error_message = "The address says TLS."
  }

  assert {
    condition = (
      aws_vpc_security_group_ingress_rule.clients["gateway"].referenced_security_group_id == "sg-00000000000000001" &&
      aws_vpc_security_group_egress_rule.clients["gateway"].security_group_id == "sg-00000000000000001" &&
      aws_vpc_security_group_egress_rule.clients["gateway"].to_port == 6379
    )
    error_message = "The client may go out to it, and it lets the client in."
  }

  assert {
    condition     = aws_elasticache_replication_group.this.automatic_failover_enabled && aws_elasticache_replication_group.this.multi_az_enabled
    error_message = "It survives the loss of a zone."
  }
}

run "a_single_node_is_refused" {
  command = plan

  variables {
    nodes = 1
  }

  expect_failures = [var.nodes]
}
