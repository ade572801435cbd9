module "database" {
  source = "../database"

  name                  = local.name
  vpc_id                = module.network.vpc_id
  subnet_ids            = module.network.database_subnet_ids
  security_group_ids    = [module.access.database_group_id]
  kms_key_arn           = module.encryption.data_key_arn
  permissions_boundary  = local.boundary
  engine_version        = var.database.engine_version
  capacity              = { min_acu = local.database.min_acu, max_acu = local.database.max_acu }
  instances             = local.database.instances
  backup_retention_days = local.size.database.backup_days
  deletion_protection   = var.protected
  skip_final_snapshot   = !var.protected
  log_retention_days    = local.log_retention_days
}

module "tables" {
  source = "../tables"

  name                   = local.name
  tables                 = local.resources.tables
  kms_key_arn            = module.encryption.data_key_arn
  point_in_time_recovery = true
  deletion_protection    = var.protected
}

module "storage" {
  source = "../storage"

  name            = local.name
  buckets         = local.resources.buckets
  browser_origins = local.browser_origins
  queue_arns      = module.messaging.queue_arns
  kms_key_arn     = module.encryption.data_key_arn
  account_id      = var.account_id
  force_destroy   = !var.protected
}

module "cdn" {
  source = "../cdn"

  name                   = local.name
  bucket                 = module.storage.public_buckets["images"]
  log_bucket_domain_name = module.storage.log_bucket_domain_name
}

module "secrets" {
  source = "../secrets"

  prefix               = local.secrets_prefix
  secrets              = local.resources.secrets
  kms_key_arn          = module.encryption.data_key_arn
  recovery_window_days = var.protected ? 30 : 0
}

module "cache" {
  source = "../cache"
  count  = var.cache ? 1 : 0

  name                      = local.name
  vpc_id                    = module.network.vpc_id
  subnet_ids                = module.network.database_subnet_ids
  kms_key_arn               = module.encryption.data_key_arn
  client_security_group_ids = { for service in local.with_cache : service => module.access.service_group_ids[service] }
}

module "search" {
  source = "../search"
  count  = var.search ? 1 : 0

  name                      = local.name
  vpc_id                    = module.network.vpc_id
  subnet_ids                = module.network.database_subnet_ids
  kms_key_arn               = module.encryption.data_key_arn
  account_id                = var.account_id
  region                    = var.region
  client_security_group_ids = { product = module.access.service_group_ids["product"] }
}
