output "listener_arn" {
  description = "Listener that takes a rule for each service on Lambda."
  value       = aws_lb_listener.http.arn
}

output "dns_name" {
  description = "The load balancer's own name."
  value       = aws_lb.internal.dns_name
}

output "zone_id" {
  description = "Route 53 zone of that name, for alias records."
  value       = aws_lb.internal.zone_id
}

output "arn_suffix" {
  description = "Last part of its ARN, as CloudWatch names it."
  value       = aws_lb.internal.arn_suffix
}
