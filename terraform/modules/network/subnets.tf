data "aws_availability_zones" "available" {
  #checkov:skip=CKV_AWS_394:zones names them where they must not move; the number taken is zone_count whatever AWS adds.
  count = length(var.zones) == 0 ? 1 : 0

  state = "available"

  # Local zones are opted into, and hold neither NAT gateways nor Aurora.
  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  zones = slice(length(var.zones) == 0 ? data.aws_availability_zones.available[0].names : var.zones, 0, var.zone_count)

  # Of a /16: private /20 from the start, public /22 from three quarters on, database /24 from seven eighths on. The
  # places do not depend on the number of zones, so a third can be added later.
  subnets = {
    for index, zone in local.zones : zone => {
      private  = cidrsubnet(var.cidr, 4, index)
      public   = cidrsubnet(var.cidr, 6, 48 + index)
      database = cidrsubnet(var.cidr, 8, 224 + index)
    }
  }
}

# No address is public unless something asks for one itself.
resource "aws_subnet" "public" {
  for_each = local.subnets

  vpc_id                  = aws_vpc.this.id
  availability_zone       = each.key
  cidr_block              = each.value.public
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.private

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "database" {
  for_each = local.subnets

  vpc_id            = aws_vpc.this.id
  availability_zone = each.key
  cidr_block        = each.value.database

  tags = { Name = "${var.name}-database-${each.key}" }
}
