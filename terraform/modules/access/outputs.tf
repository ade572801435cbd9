output "service_group_ids" {
  description = "Security group of each service."
  value       = { for service, group in aws_security_group.service : service => group.id }
}

output "public_load_balancer_group_id" {
  description = "Security group of the public load balancer."
  value       = aws_security_group.public_load_balancer.id
}

output "internal_load_balancer_group_id" {
  description = "Security group of the internal load balancer; null where no service needs one."
  value       = one(aws_security_group.internal_load_balancer[*].id)
}

output "database_group_id" {
  description = "Security group of the database; null without one."
  value       = one(aws_security_group.database[*].id)
}

output "task_group_id" {
  description = "Security group of one-off tasks."
  value       = aws_security_group.task.id
}
