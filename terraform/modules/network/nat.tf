locals {
  nat_zones = {
    none     = []
    single   = [local.zones[0]]
    per_zone = local.zones
  }[var.nat_mode]
}

resource "aws_eip" "nat" {
  for_each = toset(local.nat_zones)

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }

  depends_on = [aws_internet_gateway.this]
}

resource "aws_nat_gateway" "this" {
  for_each = toset(local.nat_zones)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }
}

# A zone goes out through its own gateway where it has one.
resource "aws_route" "nat" {
  for_each = { for zone in local.zones : zone => contains(local.nat_zones, zone) ? zone : local.zones[0] if var.nat_mode != "none" }

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.this[each.value].id
}
