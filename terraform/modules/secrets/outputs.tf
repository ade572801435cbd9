output "arns" {
  description = "Secrets by logical name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.arn }
}

output "names" {
  description = "Full names by logical name."
  value       = { for name, secret in aws_secretsmanager_secret.this : name => secret.name }
}
