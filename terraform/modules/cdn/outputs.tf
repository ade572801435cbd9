output "url" {
  description = "Base of every picture's address, without a slash at its end."
  value       = "https://${var.domain == null ? aws_cloudfront_distribution.this.domain_name : var.domain.name}"
}

output "distribution_arn" {
  description = "The distribution."
  value       = aws_cloudfront_distribution.this.arn
}

output "domain_name" {
  description = "CloudFront's own name of it, for an alias record."
  value       = aws_cloudfront_distribution.this.domain_name
}

output "hosted_zone_id" {
  description = "Route 53 zone of that name, for an alias record."
  value       = aws_cloudfront_distribution.this.hosted_zone_id
}
