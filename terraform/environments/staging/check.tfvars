# What `make terraform-check` plans with, without a network: made-up names, no call to AWS.
offline    = true
shop       = "acme"
account_id = "123456789012"
region     = "eu-central-1"
zones      = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]

images = {
  api-gateway  = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/api-gateway@sha256:1111111111111111111111111111111111111111111111111111111111111111"
  user         = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/user-service@sha256:2222222222222222222222222222222222222222222222222222222222222222"
  product      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/product-service@sha256:3333333333333333333333333333333333333333333333333333333333333333"
  order        = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service@sha256:4444444444444444444444444444444444444444444444444444444444444444"
  notification = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/notification-service@sha256:5555555555555555555555555555555555555555555555555555555555555555"
}

settings = {
  name    = "Acme"
  address = "Acme GmbH, Example Street 1, 10115 Berlin, Germany"
  tax_id  = "DE123456789"
}

mail = {
  domain = "acme.example"
  sender = "shop@acme.example"
}

domain = {
  name    = "api.acme.example"
  zone_id = "Z0000000000000000000"
}

# One service on Lambda, so that both runtimes are planned.
runtimes = { notification = "lambda" }

# And with a payment provider.
payment_providers = ["stripe"]
