module "edge" {
  source = "../edge"

  name                = local.name
  vpc_id              = module.network.vpc_id
  subnet_ids          = module.network.public_subnet_ids
  security_group_id   = module.access.public_load_balancer_group_id
  certificate_arn     = var.certificate_arn
  domain              = var.domain
  allow_http          = contains(["dev", "local"], var.environment)
  log_bucket_name     = module.storage.log_bucket_name
  deletion_protection = var.protected
  log_retention_days  = local.log_retention_days
  kms_key_arn         = module.encryption.data_key_arn

  target = local.runtimes["api-gateway"] == "lambda" ? { type = "lambda", port = null } : { type = "ip", port = local.services["api-gateway"].port }

  # The emulator keeps no firewall log.
  waf = { enabled = true, requests_per_five_minutes = local.size.waf_rate, logging = !var.emulated }
}

module "internal_load_balancer" {
  source = "../internal-load-balancer"
  count  = length(local.behind_internal) > 0 ? 1 : 0

  name              = local.name
  vpc_id            = module.network.vpc_id
  subnet_ids        = module.network.private_subnet_ids
  security_group_id = module.access.internal_load_balancer_group_id
  log_bucket_name   = module.storage.log_bucket_name
}

# The name that callers know leads to the load balancer; on Fargate Cloud Map keeps it.
resource "aws_route53_record" "function" {
  for_each = local.behind_internal

  zone_id = module.cluster.namespace_zone_id
  name    = local.hosts[each.key]
  type    = "A"

  alias {
    name                   = module.internal_load_balancer[0].dns_name
    zone_id                = module.internal_load_balancer[0].zone_id
    evaluate_target_health = false
  }
}
