output "arns" {
  description = "Tables by logical name."
  value       = { for name, table in aws_dynamodb_table.this : name => table.arn }
}

output "names" {
  description = "Full names by logical name."
  value       = { for name, table in aws_dynamodb_table.this : name => table.name }
}
