# AWS and the providers of payment, mail and sign-in answer on 443, from addresses that nobody can list. Names are
# resolved by the VPC's own server, which no group stands before.
locals {
  reach_outside = merge(
    { for service, group in aws_security_group.service : service => group.id },
    { one-off-task = aws_security_group.task.id },
  )

  database_clients = merge(
    { for name, service in var.services : name => aws_security_group.service[name].id if service.database },
    var.database ? { one-off-task = aws_security_group.task.id } : {},
  )
}

resource "aws_vpc_security_group_egress_rule" "https" {
  for_each = local.reach_outside

  security_group_id = each.value
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  description       = "AWS and providers"
}

resource "aws_vpc_security_group_egress_rule" "database" {
  for_each = local.database_clients

  security_group_id            = each.value
  referenced_security_group_id = aws_security_group.database[0].id
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  description                  = "PostgreSQL"
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  for_each = local.database_clients

  security_group_id            = aws_security_group.database[0].id
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = var.database_port
  to_port                      = var.database_port
  description                  = "PostgreSQL from ${each.key}"
}
