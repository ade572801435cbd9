mock_provider "aws" {}

variables {
  name        = "acme-test"
  vpc_id      = "vpc-1"
  kms_key_arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "a_cluster_and_its_names" {
  command = plan

  assert {
    condition     = one(aws_ecs_cluster.this.setting).value == "enhanced"
    error_message = "Tasks are measured one by one."
  }

  assert {
    condition     = aws_service_discovery_private_dns_namespace.this[0].name == "acme-test.internal" && aws_service_discovery_private_dns_namespace.this[0].vpc == "vpc-1"
    error_message = "Services have names in this VPC."
  }

  assert {
    condition     = aws_ecs_cluster_capacity_providers.this.capacity_providers == toset(["FARGATE", "FARGATE_SPOT"])
    error_message = "Tasks run on bought and on spare capacity."
  }

  assert {
    condition     = aws_ecs_cluster.this.configuration[0].execute_command_configuration[0].logging == "OVERRIDE" && aws_cloudwatch_log_group.sessions.kms_key_id == var.kms_key_arn
    error_message = "A session leaves a record that is encrypted."
  }
}

run "as_on_the_emulator" {
  command = plan

  variables {
    discovery = false
  }

  assert {
    condition     = output.namespace_id == null && output.namespace_name == null && output.namespace_zone_id == null
    error_message = "Without discovery there is no namespace."
  }
}
