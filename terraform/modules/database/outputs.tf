output "endpoint" {
  description = "Host name of the instance that writes."
  value       = aws_rds_cluster.this.endpoint
}

output "reader_endpoint" {
  description = "Host name of the readers; of the writer where there are none."
  value       = aws_rds_cluster.this.reader_endpoint
}

output "port" {
  description = "Port of both."
  value       = local.port
}

output "master_username" {
  description = "The master user, for the create-database tasks alone."
  value       = local.master_username
}

output "master_secret_arn" {
  description = "The secret in which RDS keeps the master user's password."
  value       = aws_rds_cluster.this.master_user_secret[0].secret_arn
}

output "security_group_id" {
  description = "The cluster's (first) security group."
  value       = local.security_group_ids[0]
}

output "cluster_identifier" {
  description = "The cluster as CloudWatch names it."
  value       = aws_rds_cluster.this.cluster_identifier
}

output "instance_identifiers" {
  description = "The instances as CloudWatch names them."
  value       = aws_rds_cluster_instance.this[*].identifier
}

output "max_connections" {
  description = "Connections that each instance takes, from max_acu by Aurora's published rule."
  value       = local.max_connections
}

output "permissions_boundary" {
  description = "The policy that the module's roles cannot go beyond, if any."
  value       = aws_iam_role.monitoring.permissions_boundary
}
