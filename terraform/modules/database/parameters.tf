resource "aws_rds_cluster_parameter_group" "this" {
  # A new major version needs a new group while the old one is still in use.
  name_prefix = "${var.name}-"
  family      = "aurora-postgresql${split(".", var.engine_version)[0]}"
  description = "${var.name}: TLS only, slow statements are logged"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  # Slow statements are found in Performance Insights: the log would show their values, which are people's.
  parameter {
    name  = "log_min_duration_statement"
    value = "-1"
  }

  # Not ddl: CREATE ROLE would write a password into the log.
  parameter {
    name  = "log_statement"
    value = "none"
  }

  # A transaction that a dead client left open holds its locks and keeps vacuum away. Milliseconds.
  parameter {
    name  = "idle_in_transaction_session_timeout"
    value = "60000"
  }

  lifecycle {
    create_before_destroy = true
  }
}
