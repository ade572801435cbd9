output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "Its addresses."
  value       = aws_vpc.this.cidr_block
}

output "zones" {
  description = "The availability zones in use, in the order of the subnets."
  value       = local.zones
}

output "public_subnet_ids" {
  description = "Subnets with a way in and out: for load balancers, and for tasks where there is no NAT."
  value       = [for zone in local.zones : aws_subnet.public[zone].id]
}

output "public_cidrs" {
  description = "The addresses of the public subnets: where load balancers are."
  value       = [for zone in local.zones : aws_subnet.public[zone].cidr_block]
}

output "private_subnet_ids" {
  description = "Subnets with a way out through NAT."
  value       = [for zone in local.zones : aws_subnet.private[zone].id]
  # A task that starts before its way out is there fails to pull its image.
  depends_on = [aws_route.nat, aws_route_table_association.private, aws_vpc_endpoint.gateway, aws_vpc_endpoint.interface]
}

output "database_subnet_ids" {
  description = "Subnets without a way out."
  value       = [for zone in local.zones : aws_subnet.database[zone].id]
}

output "nat_gateway_ids" {
  description = "NAT gateways by zone, for alarms."
  value       = { for zone, gateway in aws_nat_gateway.this : zone => gateway.id }
}

output "permissions_boundary" {
  description = "The policy that the module's roles cannot go beyond, if any."
  value       = one(aws_iam_role.flow[*].permissions_boundary)
}
