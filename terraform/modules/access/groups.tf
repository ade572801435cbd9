# Rules are resources of their own: two groups that name each other cannot hold them inline.
resource "aws_security_group" "service" {
  #checkov:skip=CKV2_AWS_5:The group is attached by the module that runs the service.
  for_each = var.services

  name        = "${var.name}-${each.key}"
  description = "What ${each.key} accepts and what it may reach"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-${each.key}" }
}

resource "aws_security_group" "public_load_balancer" {
  #checkov:skip=CKV2_AWS_5:The group is attached by the edge module.
  name        = "${var.name}-public-load-balancer"
  description = "HTTP and HTTPS from anywhere, on to the entrance only"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-public-load-balancer" }
}

# A load balancer invokes a function through AWS, so only what runs on Lambda and has callers needs this one, and it
# needs no egress.
resource "aws_security_group" "internal_load_balancer" {
  #checkov:skip=CKV2_AWS_5:The group is attached by the internal-load-balancer module.
  count = length(local.functions) > 0 ? 1 : 0

  name        = "${var.name}-internal-load-balancer"
  description = "HTTP from the callers of services that run on Lambda"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-internal-load-balancer" }
}

resource "aws_security_group" "database" {
  #checkov:skip=CKV2_AWS_5:The group is attached by the database module.
  count = var.database ? 1 : 0

  name        = "${var.name}-database"
  description = "PostgreSQL from the services that use it and from one-off tasks"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-database" }
}

resource "aws_security_group" "task" {
  #checkov:skip=CKV2_AWS_5:The group is given to tasks when they are run.
  name        = "${var.name}-task"
  description = "One-off tasks: nobody calls them"
  vpc_id      = var.vpc_id
  tags        = { Name = "${var.name}-task" }
}
