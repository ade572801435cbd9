locals {
  # Services on Lambda that others call; the entrance has the public load balancer.
  functions = { for name, service in var.services : name => service if service.runtime == "lambda" && name != var.entrance }

  # One pair for each caller and service, with keys that are known before anything exists.
  calls = merge([
    for name, service in var.services : {
      for caller in service.callers : "${caller}-to-${name}" => { caller = caller, service = name, port = service.port }
    }
  ]...)

  direct_calls     = { for key, call in local.calls : key => call if var.services[call.service].runtime == "fargate" }
  function_callers = toset([for call in values(local.calls) : call.caller if contains(keys(local.functions), call.service)])
}

resource "aws_vpc_security_group_ingress_rule" "call" {
  for_each = local.direct_calls

  security_group_id            = aws_security_group.service[each.value.service].id
  referenced_security_group_id = aws_security_group.service[each.value.caller].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "Calls of ${each.value.caller}"
}

resource "aws_vpc_security_group_egress_rule" "call" {
  for_each = local.direct_calls

  security_group_id            = aws_security_group.service[each.value.caller].id
  referenced_security_group_id = aws_security_group.service[each.value.service].id
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  description                  = "Calls to ${each.value.service}"
}

resource "aws_vpc_security_group_ingress_rule" "function_call" {
  #checkov:skip=CKV_AWS_260:The rule admits a security group, no address.
  for_each = local.function_callers

  security_group_id            = aws_security_group.internal_load_balancer[0].id
  referenced_security_group_id = aws_security_group.service[each.value].id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
  description                  = "Calls of ${each.value}"
}

resource "aws_vpc_security_group_egress_rule" "function_call" {
  for_each = local.function_callers

  security_group_id            = aws_security_group.service[each.value].id
  referenced_security_group_id = aws_security_group.internal_load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
  description                  = "Calls to services on Lambda"
}
