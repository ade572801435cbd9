output "function_name" {
  description = "Name of the function."
  value       = aws_lambda_function.this.function_name
}

output "function_arn" {
  description = "ARN of the function, without a version."
  value       = aws_lambda_function.this.arn
}

output "alias_arn" {
  description = "ARN of the alias that everything invokes."
  value       = aws_lambda_alias.live.arn
}

output "host" {
  description = "Host that callers use; null without one."
  value       = try(var.internal.host, null)
}

output "target_group_arn_suffix" {
  description = "Last part of the internal target group's ARN, as CloudWatch names it; null without one."
  value       = one(aws_lb_target_group.internal[*].arn_suffix)
}

output "log_group_name" {
  description = "Log group of the function."
  value       = aws_cloudwatch_log_group.this.name
}
