provider "aws" {
  region              = var.region
  allowed_account_ids = var.offline ? null : [var.account_id]

  skip_credentials_validation = var.offline
  skip_metadata_api_check     = var.offline
  skip_region_validation      = var.offline
  skip_requesting_account_id  = var.offline

  default_tags {
    tags = {
      shop        = var.shop
      environment = local.environment
      managed-by  = "terraform"
    }
  }
}
