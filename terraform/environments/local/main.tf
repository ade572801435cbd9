# The same modules on the emulator. What it does not support is off: `emulated` says what and why.
locals {
  repositories = {
    for service in ["api-gateway", "user", "product", "order", "notification"] :
    service => "${var.shop}/${service == "api-gateway" ? service : "${service}-service"}"
  }
}

module "registry" {
  source = "../../modules/registry"

  repositories = toset(values(local.repositories))
  kms_key_arn  = null
  force_delete = true
}

module "shop" {
  source = "../../modules/shop"

  environment = "local"
  shop        = var.shop
  account_id  = "000000000000"
  region      = var.region
  zones       = ["${var.region}a", "${var.region}b"]
  size        = "S"
  images      = { for service, repository in local.repositories : service => "${module.registry.urls[repository]}:local" }
  protected   = false
  emulated    = true

  settings = {
    name    = "Cartwright"
    address = "Cartwright GmbH, Wagnerstr. 1, 10115 Berlin, Germany"
    tax_id  = "DE123456789"
  }

  mail = {
    domain           = "cartwright.example"
    sender           = "shop@cartwright.example"
    marketing_sender = "news@cartwright.example"
  }
}
