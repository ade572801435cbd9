# Of the account, not of an environment: prod runs the image that staging ran.
module "registry" {
  source = "../modules/registry"

  repositories = toset([for service in var.services : "${var.shop}/${service}"])
  kms_key_arn  = aws_kms_key.state.arn
}
