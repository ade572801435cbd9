# NAME.NAMESPACE answers with the address of every healthy task, so that callers balance by themselves.
resource "aws_service_discovery_service" "this" {
  count = var.namespace_id == null ? 0 : 1

  name = var.name

  dns_config {
    namespace_id   = var.namespace_id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 10
    }
  }

  # ECS reports the container's health; Route 53 could not reach a private address.
  health_check_custom_config {
    failure_threshold = 1
  }

  # A service that is being replaced still has tasks in it.
  force_destroy = true
}
