mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  # What a mock makes up is no ARN and no JSON, and the provider refuses it.
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }

  mock_resource "aws_rds_cluster" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!cluster-0-AbCdEf" }] }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/acme-prod-database-monitoring" }
  }
}

variables {
  name                      = "acme-prod"
  vpc_id                    = "vpc-00000000000000000"
  subnet_ids                = ["subnet-00000000000000001", "subnet-00000000000000002"]
  kms_key_arn               = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  capacity                  = { min_acu = 1, max_acu = 8 }
  instances                 = 2
  backup_retention_days     = 14
  client_security_group_ids = { order = "sg-00000000000000001", tasks = "sg-00000000000000002" }
}

run "a_database_for_its_clients" {
  assert {
    condition = (
      aws_rds_cluster.this.storage_encrypted && aws_rds_cluster.this.kms_key_id == var.kms_key_arn &&
      aws_rds_cluster.this.manage_master_user_password && aws_rds_cluster.this.master_user_secret_kms_key_id == var.kms_key_arn
    )
    error_message = "Data and the master user's password are encrypted, and no password is in the state."
  }

  assert {
    condition     = one([for parameter in aws_rds_cluster_parameter_group.this.parameter : parameter.value if parameter.name == "rds.force_ssl"]) == "1" && aws_rds_cluster_parameter_group.this.family == "aurora-postgresql16"
    error_message = "Nobody connects without TLS."
  }

  assert {
    condition     = one([for parameter in aws_rds_cluster_parameter_group.this.parameter : parameter.value if parameter.name == "log_statement"]) == "none"
    error_message = "CREATE ROLE does not write its password into the log."
  }

  assert {
    condition = alltrue([
      for rule in values(aws_vpc_security_group_ingress_rule.clients) :
      rule.from_port == 5432 && rule.to_port == 5432 && rule.referenced_security_group_id != null && rule.cidr_ipv4 == null
    ]) && length(aws_vpc_security_group_ingress_rule.clients) == 2
    error_message = "Clients come by their groups, to PostgreSQL's port."
  }

  assert {
    condition     = length(aws_rds_cluster_instance.this) == 2 && alltrue([for instance in aws_rds_cluster_instance.this : !instance.publicly_accessible && instance.instance_class == "db.serverless"])
    error_message = "Instances are serverless and inside."
  }

  assert {
    condition     = aws_rds_cluster.this.deletion_protection && !aws_rds_cluster.this.skip_final_snapshot && aws_rds_cluster.this.final_snapshot_identifier == "acme-prod-final"
    error_message = "The data does not go by accident, and never without a last snapshot."
  }

  assert {
    condition     = aws_rds_cluster.this.serverlessv2_scaling_configuration[0].max_capacity == 8 && output.max_connections == 1669
    error_message = "Eight units take 1669 connections."
  }
}

run "a_database_that_sleeps" {
  command = plan

  variables {
    capacity = { min_acu = 0, max_acu = 4 }
  }

  assert {
    condition     = aws_rds_cluster.this.serverlessv2_scaling_configuration[0].min_capacity == 0 && aws_rds_cluster.this.serverlessv2_scaling_configuration[0].seconds_until_auto_pause == 300
    error_message = "It sleeps after five minutes without a connection."
  }

  assert {
    condition     = output.max_connections == 823
    error_message = "Four units take 823 connections."
  }
}

run "a_low_minimum_caps_connections" {
  command = plan

  variables {
    capacity = { min_acu = 0.5, max_acu = 64 }
  }

  assert {
    condition     = output.max_connections == 2000
    error_message = "With a minimum of half a unit there are never more than 2000 connections."
  }
}

run "the_largest" {
  command = plan

  variables {
    capacity = { min_acu = 4, max_acu = 64 }
  }

  assert {
    condition     = output.max_connections == 5000
    error_message = "There are never more than 5000 connections."
  }
}

run "groups_from_outside_replace_the_own_one" {
  command = plan

  variables {
    security_group_ids        = ["sg-00000000000000009"]
    client_security_group_ids = {}
  }

  assert {
    condition     = length(aws_security_group.this) == 0 && aws_rds_cluster.this.vpc_security_group_ids == toset(["sg-00000000000000009"])
    error_message = "The cluster has the group that was given, and no other."
  }
}

run "sleeping_on_an_old_engine_is_refused" {
  command = plan

  variables {
    engine_version = "16.2"
    capacity       = { min_acu = 0, max_acu = 4 }
  }

  expect_failures = [var.capacity]
}

run "a_pause_without_sleep_is_refused" {
  command = plan

  variables {
    capacity = { min_acu = 1, max_acu = 4, pause_after_seconds = 600 }
  }

  expect_failures = [var.capacity]
}

run "a_minimum_over_the_maximum_is_refused" {
  command = plan

  variables {
    capacity = { min_acu = 8, max_acu = 4 }
  }

  expect_failures = [var.capacity]
}

run "a_version_without_its_minor_is_refused" {
  command = plan

  variables {
    engine_version = "16"
  }

  expect_failures = [var.engine_version]
}

run "two_sources_of_access_are_refused" {
  command = plan

  variables {
    security_group_ids = ["sg-00000000000000009"]
  }

  expect_failures = [var.client_security_group_ids]
}

run "no_backups_are_refused" {
  command = plan

  variables {
    backup_retention_days = 0
  }

  expect_failures = [var.backup_retention_days]
}
