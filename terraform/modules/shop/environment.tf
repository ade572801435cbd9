# What each program is told; .env.example says what every variable means. `make terraform-check` compares the names with
# those that the programs read.
locals {
  public_url = coalesce(var.public_url, var.domain == null ? module.edge.url : "https://${var.domain.name}")
  # Whoever serves the shop's pages from elsewhere says so.
  browser_origins = length(var.browser_origins) > 0 ? var.browser_origins : [regex("^https?://[^/]+", local.public_url)]

  connections = {
    for service in keys(local.services) : service => (
      local.runtimes[service] == "lambda" ? var.connections_per_process.lambda : var.connections_per_process.fargate
    )
  }

  every_program = merge(
    {
      APP_ENV   = var.environment == "prod" ? "production" : "staging"
      LOG_LEVEL = var.log_level
    },
    var.traces == null ? {} : {
      OTEL_EXPORTER_OTLP_ENDPOINT = var.traces.endpoint
      OTEL_TRACES_SAMPLER_ARG     = tostring(var.traces.share)
    },
  )

  aws = {
    AWS_REGION      = var.region
    AWS_ACCOUNT_ID  = var.account_id
    RESOURCE_PREFIX = "${local.name}-"
    SECRETS_PREFIX  = local.secrets_prefix
  }

  # Without a password: that is a secret, read by the program itself.
  server     = "${module.database.endpoint}:${module.database.port}"
  encryption = "sslmode=verify-full&sslrootcert=/etc/ssl/certs/rds-global-bundle.pem"

  database_environment = {
    for service, facts in local.with_database : service => {
      DATABASE_URL             = "postgres://${service}_service@${local.server}/${facts.database}?${local.encryption}"
      DATABASE_PASSWORD        = "secretsmanager:${local.secrets_prefix}database/${facts.database}#password"
      DATABASE_MAX_CONNECTIONS = tostring(local.connections[service])
    }
  }

  tokens = {
    JWT_ISSUER   = local.public_url
    JWT_AUDIENCE = var.shop
  }

  stripe_environment = !contains(var.payment_providers, "stripe") ? {} : merge(
    {
      STRIPE_SECRET_KEY      = "secretsmanager:${local.secrets_prefix}payments/stripe#secret_key"
      STRIPE_WEBHOOK_SECRET  = "secretsmanager:${local.secrets_prefix}payments/stripe#webhook_secret"
      STRIPE_PUBLISHABLE_KEY = "secretsmanager:${local.secrets_prefix}payments/stripe#publishable_key"
    },
    var.stripe_account == null ? {} : { STRIPE_ACCOUNT = var.stripe_account },
  )

  notification_settings = { for name, value in {
    SHOP_OPERATIONS_EMAIL     = var.settings.operations_email
    PUSH_FCM_APPLICATION_ARN  = var.settings.push.fcm_application_arn
    PUSH_APNS_APPLICATION_ARN = var.settings.push.apns_application_arn
  } : name => value if value != null }

  own_environment = {
    api-gateway = merge(
      local.tokens,
      {
        RATE_LIMIT_SCALE = tostring(var.rate_limit_scale)
        # What the load balancer says about a client is true; it has an address in each of these.
        TRUSTED_PROXIES = join(",", module.network.public_cidrs)
      },
      length(var.browser_origins) == 0 ? {} : { CORS_ORIGINS = join(",", var.browser_origins) },
    )
    user = merge(local.tokens, {
      REQUIRE_VERIFIED_EMAIL = tostring(var.require_verified_email)
      RATE_LIMIT_SCALE       = tostring(var.rate_limit_scale)
    })
    product = {
      SHOP_CURRENCY   = var.settings.currency
      IMAGES_BASE_URL = module.cdn.url
    }
    order = merge(local.stripe_environment, {
      SHOP_NAME                  = var.settings.name
      SHOP_CURRENCY              = var.settings.currency
      SHOP_TIME_ZONE             = var.settings.time_zone
      SHOP_ADDRESS               = var.settings.address
      SHOP_TAX_ID                = var.settings.tax_id
      PAYMENT_PROVIDERS          = join(",", var.payment_providers)
      RECONCILE_INTERVAL_SECONDS = "120"
    })
    notification = merge(local.notification_settings, {
      SHOP_NAME             = var.settings.name
      SHOP_LOCALE           = var.settings.locale
      PUBLIC_URL            = local.public_url
      MAIL_FROM             = var.mail.sender
      MARKETING_MAIL_FROM   = local.marketing_sender
      SENDING_LEASE_SECONDS = "120"
    })
  }

  environment = {
    for service, facts in local.services : service => merge(
      local.every_program,
      local.aws,
      { ROLE = "all", PORT = tostring(facts.port) },
      lookup(local.database_environment, service, {}),
      contains(local.with_cache, service) ? { REDIS_URL = module.cache[0].url } : {},
      { for called in facts.calls : "${upper(called)}_SERVICE_URL" => local.urls[called] },
      local.own_environment[service],
    )
  }
}
