# The world reaches the public load balancer, and from there the entrance alone.
resource "aws_vpc_security_group_ingress_rule" "public" {
  #checkov:skip=CKV_AWS_260:Port 80 only redirects to 443, or a shop without a domain is being tried out.
  for_each = { http = 80, https = 443 }

  security_group_id = aws_security_group.public_load_balancer.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  description       = "${upper(each.key)} from anywhere"
}

resource "aws_vpc_security_group_egress_rule" "entrance" {
  count = var.services[var.entrance].runtime == "fargate" ? 1 : 0

  security_group_id            = aws_security_group.public_load_balancer.id
  referenced_security_group_id = aws_security_group.service[var.entrance].id
  ip_protocol                  = "tcp"
  from_port                    = var.services[var.entrance].port
  to_port                      = var.services[var.entrance].port
  description                  = "Requests and health checks"
}

resource "aws_vpc_security_group_ingress_rule" "entrance" {
  count = var.services[var.entrance].runtime == "fargate" ? 1 : 0

  security_group_id            = aws_security_group.service[var.entrance].id
  referenced_security_group_id = aws_security_group.public_load_balancer.id
  ip_protocol                  = "tcp"
  from_port                    = var.services[var.entrance].port
  to_port                      = var.services[var.entrance].port
  description                  = "Requests and health checks of the public load balancer"
}
