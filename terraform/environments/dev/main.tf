locals {
  environment = "dev"
}

module "shop" {
  source = "../../modules/shop"

  environment  = local.environment
  shop         = var.shop
  account_id   = var.account_id
  region       = var.region
  zones        = var.zones
  size         = var.size
  images       = var.images
  architecture = var.architecture
  runtimes     = var.runtimes
  settings     = var.settings
  domain       = var.domain
  mail         = var.mail

  payment_providers = var.payment_providers
  stripe_account    = var.stripe_account

  browser_origins = var.browser_origins

  cache   = var.cache
  started = var.started

  # It may go, and it sleeps when nobody uses it: no NAT, and a database that pauses when the last connection is closed.
  protected = false
  nat_mode  = contains(values(var.runtimes), "lambda") ? "single" : "none"
  database  = { min_acu = 0, max_acu = 2, instances = 1 }
}
