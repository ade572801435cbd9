module "cluster" {
  source = "../cluster"

  name        = local.name
  vpc_id      = module.network.vpc_id
  kms_key_arn = module.encryption.data_key_arn
  discovery   = !var.emulated
}

module "identity" {
  source   = "../identity"
  for_each = local.services

  name           = "${local.name}-${each.value.deployed}"
  runtime        = local.runtimes[each.key]
  permissions    = local.permissions[each.key]
  kms_key_alias  = local.keys[each.key]
  repository_arn = local.repository_arns[each.key]
  log_group_name = local.log_groups[each.key]

  permissions_boundary = local.boundary
}

locals {
  # The key of the queue that carries tokens is for who sends into it and who reads it.
  keys = {
    for service in keys(local.services) : service => concat(
      [module.encryption.data_key_alias],
      length([
        for queue in local.resources.queues : queue.name
        if lookup(queue, "encrypted", false) && (
          lookup(queue, "consumer", null) == service ||
          anytrue([for permission in local.resources.permissions : permission.service == service && lookup(permission, "queue", null) == queue.name])
        )
      ]) > 0 ? [module.encryption.commands_key_alias] : [],
    )
  }

  repository_arns = {
    for service, facts in local.services : service => "arn:${local.partition}:ecr:${var.region}:${var.account_id}:repository/${var.shop}/${facts.deployed}"
  }

  log_groups = {
    for service, facts in local.services : service => (
      local.runtimes[service] == "lambda" ? "/aws/lambda/${local.name}-${facts.deployed}" : "/${local.name}/${facts.deployed}"
    )
  }

  # Without a NAT a task needs an address of its own to reach AWS; its security group lets nobody in but its callers.
  task_subnet_ids = local.nat_mode == "none" ? module.network.public_subnet_ids : module.network.private_subnet_ids
}

module "container" {
  source   = "../container-service"
  for_each = local.on_fargate

  name               = each.value.deployed
  prefix             = local.name
  image              = var.images[each.key]
  allow_tag          = var.emulated
  architecture       = var.architecture
  cpu                = local.size.task.cpu
  memory             = local.size.task.memory
  port               = each.value.port
  environment        = local.environment[each.key]
  role_arn           = module.identity[each.key].role_arn
  execution_role_arn = module.identity[each.key].execution_role_arn
  cluster            = { arn = module.cluster.arn, name = module.cluster.name }
  subnet_ids         = local.task_subnet_ids
  security_group_ids = [module.access.service_group_ids[each.key]]
  assign_public_ip   = local.nat_mode == "none"
  namespace_id       = module.cluster.namespace_id
  queues             = { for queue in keys(local.queues[each.key]) : queue => "${local.name}-${queue}" }
  autoscaling        = !var.emulated
  log_group_name     = local.log_groups[each.key]
  log_retention_days = local.log_retention_days
  kms_key_arn        = module.encryption.data_key_arn
  spot               = var.environment == "dev"
  rollback_alarms    = true

  target_group_arn = each.key == "api-gateway" ? module.edge.target_group_arn : null
  load_balancer = each.key == "api-gateway" ? {
    arn_suffix              = module.edge.arn_suffix
    target_group_arn_suffix = module.edge.target_group_arn_suffix
  } : null

  scale = {
    min                 = var.started ? local.size.scale.min : 0
    max                 = var.started ? local.size.scale.max : 0
    cpu_target          = 60
    requests_per_target = each.key == "api-gateway" ? 30000 : null
    backlog_per_task    = length(local.queues[each.key]) > 0 ? 500 : null
  }
}

module "function" {
  source   = "../function-service"
  for_each = local.on_lambda

  name                 = each.value.deployed
  prefix               = local.name
  image                = var.images[each.key]
  architecture         = var.architecture
  memory               = local.size.functions.memory
  timeout              = 10
  environment          = local.environment[each.key]
  role_arn             = module.identity[each.key].role_arn
  subnet_ids           = module.network.private_subnet_ids
  security_group_ids   = [module.access.service_group_ids[each.key]]
  reserved_concurrency = var.reserved_concurrency
  schedule             = each.key != "api-gateway"
  log_group_name       = local.log_groups[each.key]
  log_retention_days   = local.log_retention_days
  kms_key_arn          = module.encryption.data_key_arn
  public_target        = each.key == "api-gateway" ? { target_group_arn = module.edge.target_group_arn } : null
  internal = each.key == "api-gateway" ? null : {
    listener_arn = module.internal_load_balancer[0].listener_arn
    host         = local.hosts[each.key]
    priority     = each.value.port
  }
  queues = {
    for name, queue in local.queues[each.key] : name => {
      arn                        = local.arns.queues[name]
      visibility_timeout_seconds = queue.visibility_timeout_seconds
    }
  }
}
