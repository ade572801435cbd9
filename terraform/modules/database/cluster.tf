resource "aws_db_subnet_group" "this" {
  name        = var.name
  description = "Subnets without a way out"
  subnet_ids  = var.subnet_ids
}

# The master user's password is RDS's: it makes it, keeps it in a secret of its own and rotates it. Each service has a role
# of its own, made by its create-database task.
resource "aws_rds_cluster" "this" {
  #checkov:skip=CKV2_AWS_8:Aurora backs itself up without a pause, to the second; a second plan of AWS Backup is a decision of the account.
  #checkov:skip=CKV_AWS_139:On by default; off where all data may go, as on the emulator.
  cluster_identifier              = var.name
  engine                          = "aurora-postgresql"
  engine_mode                     = "provisioned"
  engine_version                  = var.engine_version
  db_subnet_group_name            = aws_db_subnet_group.this.name
  db_cluster_parameter_group_name = aws_rds_cluster_parameter_group.this.name
  vpc_security_group_ids          = local.security_group_ids
  port                            = local.port

  master_username               = local.master_username
  manage_master_user_password   = true
  master_user_secret_kms_key_id = var.kms_key_arn
  # For people: a token of fifteen minutes instead of a password. It opens only to roles that are given rds_iam.
  iam_database_authentication_enabled = true

  storage_encrypted = true
  kms_key_id        = var.kms_key_arn

  backup_retention_period      = var.backup_retention_days
  preferred_backup_window      = "02:00-03:00"
  preferred_maintenance_window = "sun:03:30-sun:04:30"
  copy_tags_to_snapshot        = true
  deletion_protection          = var.deletion_protection
  skip_final_snapshot          = var.skip_final_snapshot
  final_snapshot_identifier    = var.skip_final_snapshot ? null : "${var.name}-final"

  enabled_cloudwatch_logs_exports = ["postgresql"]

  serverlessv2_scaling_configuration {
    min_capacity             = var.capacity.min_acu
    max_capacity             = var.capacity.max_acu
    seconds_until_auto_pause = var.capacity.min_acu == 0 ? coalesce(var.capacity.pause_after_seconds, 300) : null
  }

  # RDS makes the group itself when it is not there, without a key and for ever.
  depends_on = [aws_cloudwatch_log_group.postgresql]
}

locals {
  port            = 5432
  master_username = "administrator"
}

resource "aws_cloudwatch_log_group" "postgresql" {
  name              = "/aws/rds/cluster/${var.name}/postgresql"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}
