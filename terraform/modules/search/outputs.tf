output "url" {
  description = "Where programs connect."
  value       = "https://${aws_opensearch_domain.this.endpoint}"
}

output "arn" {
  description = "The domain, for the policies of who uses it."
  value       = aws_opensearch_domain.this.arn
}

output "security_group_id" {
  description = "Security group of the domain."
  value       = aws_security_group.this.id
}
