# SERVICE.NAME.internal, resolved in this VPC only.
resource "aws_service_discovery_private_dns_namespace" "this" {
  count = var.discovery ? 1 : 0

  name        = "${var.name}.internal"
  description = "Services of ${var.name}"
  vpc         = var.vpc_id
}
