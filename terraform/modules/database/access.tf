locals {
  own_group          = length(var.security_group_ids) == 0
  security_group_ids = local.own_group ? aws_security_group.this[*].id : var.security_group_ids
}

resource "aws_security_group" "this" {
  #checkov:skip=CKV2_AWS_5:It is on the cluster, through a local that checkov does not follow.
  count = local.own_group ? 1 : 0

  name        = "${var.name}-database"
  description = "The database: in from its clients, out to nobody"
  vpc_id      = var.vpc_id

  tags = { Name = "${var.name}-database" }
}

resource "aws_vpc_security_group_ingress_rule" "clients" {
  for_each = var.client_security_group_ids

  security_group_id            = aws_security_group.this[0].id
  description                  = "PostgreSQL from ${each.key}"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
