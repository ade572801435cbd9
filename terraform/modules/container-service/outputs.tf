output "service_name" {
  description = "Name of the ECS service."
  value       = aws_ecs_service.this.name
}

output "task_definition_arn" {
  description = "The task definition that runs, with its revision."
  value       = aws_ecs_task_definition.this.arn
}

output "task_definition_family" {
  description = "Family of the task definition."
  value       = aws_ecs_task_definition.this.family
}

output "log_group_name" {
  description = "Log group of the program."
  value       = aws_cloudwatch_log_group.this.name
}

output "log_group_arn" {
  description = "ARN of the program's log group."
  value       = aws_cloudwatch_log_group.this.arn
}

output "rollback_alarm_name" {
  description = "The alarm that takes a deployment back; null without one."
  value       = one(aws_cloudwatch_metric_alarm.server_errors[*].alarm_name)
}
