output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.public.dns_name
}

output "zone_id" {
  description = "Route 53 zone of that name, for alias records."
  value       = aws_lb.public.zone_id
}

output "url" {
  description = "Where the API answers: at the domain, or at the load balancer's own name. With certificate_arn the name is one of the certificate's, which only its owner knows."
  value       = var.domain == null ? "${local.has_tls ? "https" : "http"}://${aws_lb.public.dns_name}" : "https://${var.domain.name}"
}

output "arn" {
  description = "ARN of the load balancer."
  value       = aws_lb.public.arn
}

output "arn_suffix" {
  description = "Last part of that ARN, as CloudWatch names it."
  value       = aws_lb.public.arn_suffix
}

# Only a target group that a listener forwards to takes tasks.
output "target_group_arn" {
  description = "Target group of the gateway."
  value       = aws_lb_target_group.gateway.arn
  depends_on  = [aws_lb_listener.https, aws_lb_listener.http]
}

output "target_group_arn_suffix" {
  description = "Last part of that ARN, as CloudWatch names it."
  value       = aws_lb_target_group.gateway.arn_suffix
}

output "certificate_arn" {
  description = "The certificate in use; null without TLS."
  value       = local.certificate_arn
}

output "listener_arn" {
  description = "The listener that forwards."
  value       = local.has_tls ? aws_lb_listener.https[0].arn : aws_lb_listener.http.arn
}

output "web_acl_arn" {
  description = "The firewall; null without one."
  value       = one(aws_wafv2_web_acl.this[*].arn)
}
