output "identity_arn" {
  description = "The domain as SES knows it."
  value       = aws_sesv2_email_identity.this.arn
}

output "configuration_set_name" {
  description = "Configuration set of every mail of the domain."
  value       = aws_sesv2_configuration_set.this.configuration_set_name
}

output "configuration_set_arn" {
  description = "ARN of the configuration set."
  value       = aws_sesv2_configuration_set.this.arn
}

output "dns_records" {
  description = "The records that the domain needs: made where zone_id is given, for somebody to make where it is not."
  value       = values(local.records)
}
