locals {
  environment = "prod"
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
}
