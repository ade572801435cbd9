resource "aws_rds_cluster_instance" "this" {
  #checkov:skip=CKV_AWS_226:The version is in code and is changed there; upgraded by itself it would differ from it, and the next apply would ask for a downgrade.
  count = var.instances

  identifier           = "${var.name}-${count.index}"
  cluster_identifier   = aws_rds_cluster.this.id
  engine               = aws_rds_cluster.this.engine
  engine_version       = aws_rds_cluster.this.engine_version
  instance_class       = "db.serverless"
  db_subnet_group_name = aws_db_subnet_group.this.name
  publicly_accessible  = false
  # Readers in tiers 0 and 1 are kept as large as the writer, so that the first two can take over its load at once.
  promotion_tier             = min(count.index, 2)
  ca_cert_identifier         = "rds-ca-rsa2048-g1"
  auto_minor_version_upgrade = false
  copy_tags_to_snapshot      = true

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = var.kms_key_arn
  performance_insights_retention_period = 7 # days, without extra cost

  monitoring_interval = 60
  monitoring_role_arn = aws_iam_role.monitoring.arn
}
