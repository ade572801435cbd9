module "encryption" {
  source = "../encryption"

  name                 = local.name
  account_id           = var.account_id
  region               = var.region
  deletion_window_days = var.protected ? 30 : 7
}

module "network" {
  source = "../network"

  name                 = local.name
  zones                = var.zones
  zone_count           = local.size.zones
  nat_mode             = local.nat_mode
  permissions_boundary = local.boundary
  flow_logs            = !var.emulated
  log_retention_days   = local.log_retention_days
  kms_key_arn          = module.encryption.data_key_arn
}

module "access" {
  source = "../access"

  name     = local.name
  vpc_id   = module.network.vpc_id
  database = true
  services = {
    for service, facts in local.services : service => {
      port     = facts.port
      callers  = local.callers[service]
      runtime  = local.runtimes[service]
      database = facts.database != null
    }
  }
}
