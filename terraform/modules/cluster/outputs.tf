output "arn" {
  description = "ARN of the cluster."
  value       = aws_ecs_cluster.this.arn
  # A service that is made before its capacity provider is refused.
  depends_on = [aws_ecs_cluster_capacity_providers.this]
}

output "name" {
  description = "Name of the cluster."
  value       = aws_ecs_cluster.this.name
}

# What a function returns is never null, even before its value is known: so whether there is a namespace can be asked
# in a plan.
output "namespace_id" {
  description = "The Cloud Map namespace; null without discovery."
  value       = var.discovery ? format("%s", aws_service_discovery_private_dns_namespace.this[0].id) : null
}

output "namespace_name" {
  description = "Domain of the services' names; null without discovery."
  value       = one(aws_service_discovery_private_dns_namespace.this[*].name)
}

output "namespace_zone_id" {
  description = "Route 53 zone behind the namespace, for records of one's own; null without discovery."
  value       = one(aws_service_discovery_private_dns_namespace.this[*].hosted_zone)
}
