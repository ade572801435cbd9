# Layer A: the real provider, made-up credentials, no call to AWS.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  shop        = "acme"
  environment = "prod"
  account_id  = "123456789012"
  region      = "eu-central-1"
  zones       = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
  size        = "M"

  images = {
    api-gateway  = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/api-gateway@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    user         = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/user-service@sha256:2222222222222222222222222222222222222222222222222222222222222222"
    product      = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/product-service@sha256:3333333333333333333333333333333333333333333333333333333333333333"
    order        = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/order-service@sha256:4444444444444444444444444444444444444444444444444444444444444444"
    notification = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/acme/notification-service@sha256:5555555555555555555555555555555555555555555555555555555555555555"
  }

  settings = { name = "Acme", address = "Example Street 1", tax_id = "DE123456789" }
  domain   = { name = "api.acme.example", zone_id = "Z0000000000000000000" }
  mail     = { domain = "acme.example", sender = "shop@acme.example" }
}

run "a_shop_on_fargate" {
  command = plan

  assert {
    condition     = alltrue([for service in keys(local.services) : contains(keys(module.container), service)]) && length(module.function) == 0
    error_message = "Without runtimes every service runs on Fargate."
  }

  assert {
    condition     = length(module.internal_load_balancer) == 0
    error_message = "A shop without functions has no internal load balancer."
  }

  assert {
    condition     = local.callers["order"] == toset(["api-gateway", "notification", "user"]) && local.callers["user"] == toset(["api-gateway", "notification", "order"])
    error_message = "Only those that call a service are its callers."
  }

  assert {
    condition     = local.environment["order"].APP_ENV == "production" && local.environment["order"].PRODUCT_SERVICE_URL == "http://product-service.acme-prod.internal:8002"
    error_message = "The order service finds the product service by its discovery name."
  }

  assert {
    condition     = length(split(",", local.environment["api-gateway"].TRUSTED_PROXIES)) >= 2 && alltrue([for cidr in split(",", local.environment["api-gateway"].TRUSTED_PROXIES) : can(cidrhost(cidr, 0))]) && !contains(keys(local.environment["api-gateway"]), "CORS_ORIGINS")
    error_message = "The gateway believes the load balancer, which is in the public subnets, about its clients; no page of another origin calls it unless one is named."
  }

  assert {
    condition     = local.environment["user"].JWT_ISSUER == "https://api.acme.example" && local.environment["api-gateway"].JWT_ISSUER == local.environment["user"].JWT_ISSUER
    error_message = "Who signs tokens and who verifies them name the same issuer."
  }

  assert {
    condition     = one(local.browser_origins) == "https://api.acme.example"
    error_message = "Pictures are uploaded from pages of the shop's own address, unless others are named."
  }

  assert {
    condition     = alltrue([for service in keys(local.with_database) : local.environment[service].DATABASE_PASSWORD == "secretsmanager:acme/prod/database/${local.services[service].database}#password"])
    error_message = "A password is a reference, never a value."
  }

  assert {
    condition     = length(module.task) == 7 && local.tasks["order-migrate"].environment.ROLE == "migrate"
    error_message = "Three services have create-database and migrate; user has create-admin."
  }
}

run "policies_name_what_each_service_uses" {
  command = plan

  assert {
    condition = anytrue([
      for statement in jsondecode(module.identity["order"].policy_json).Statement :
      toset(flatten([statement.Action])) == toset(["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"]) &&
      contains(flatten([statement.Resource]), "arn:aws:dynamodb:eu-central-1:123456789012:table/acme-prod-carts")
    ])
    error_message = "The order service reads, writes and merges carts."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(module.identity["notification"].policy_json).Statement :
      contains(flatten([statement.Action]), "dynamodb:Query") &&
      contains(flatten([statement.Resource]), "arn:aws:dynamodb:eu-central-1:123456789012:table/acme-prod-notifications/index/*")
      ]) && anytrue([
      for table in local.resources.tables : table.name == "notifications" && contains(try(table.indexes[*].name, []), "by_order")
    ])
    error_message = "The notification service asks what was said of an order, and by the table's other indexes."
  }

  assert {
    condition     = !strcontains(module.identity["product"].policy_json, "carts") && !strcontains(module.identity["product"].policy_json, "invoices")
    error_message = "The product service has no business with carts and invoices."
  }

  assert {
    condition = [
      for statement in jsondecode(module.identity["notification"].policy_json).Statement :
      statement.Condition.StringEquals["ses:FromAddress"] if contains(flatten([statement.Action]), "ses:SendEmail")
    ] == ["shop@acme.example"]
    error_message = "Mail leaves under the shop's address only."
  }

  assert {
    condition     = strcontains(module.identity["api-gateway"].policy_json, ":acme-prod-gateway-events\"") && !strcontains(module.identity["api-gateway"].policy_json, "sqs:SendMessage") && !strcontains(module.identity["api-gateway"].policy_json, "database/")
    error_message = "The gateway reads identity keys and its own queue, sends nothing and has no database."
  }

  assert {
    condition = toset(flatten([
      for statement in jsondecode(module.identity["api-gateway"].policy_json).Statement :
      statement.Resource if contains(flatten([statement.Action]), "sqs:GetQueueAttributes")
      ])) == toset(flatten([
      for queue in local.resources.queues : [for suffix in ["", "-dlq"] : "arn:aws:sqs:eu-central-1:123456789012:acme-prod-${queue.name}${suffix}"]
    ]))
    error_message = "The gateway looks at every queue and its dead letters, by name."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(module.identity["api-gateway"].policy_json).Statement :
      statement.Resource if contains(flatten([statement.Action]), "sqs:ReceiveMessage")
    ]) == ["arn:aws:sqs:eu-central-1:123456789012:acme-prod-gateway-events"]
    error_message = "And receives from its own queue only."
  }

  assert {
    condition = flatten([
      for statement in jsondecode(module.identity["user"].policy_json).Statement :
      statement.Resource if contains(flatten([statement.Action]), "sqs:ReceiveMessage")
    ]) == ["arn:aws:sqs:eu-central-1:123456789012:acme-prod-user-events"]
    error_message = "The user service reads its own queue and no other."
  }

  assert {
    condition     = strcontains(module.identity["order"].policy_json, "secret:acme/prod/identity/user-??????") && !strcontains(module.identity["order"].policy_json, "jwt-keys")
    error_message = "A service reads the secrets that name it as a reader."
  }

  assert {
    condition     = alltrue([for service in keys(local.services) : !strcontains(module.identity[service].policy_json, "rds!cluster")])
    error_message = "No service reads the master user's secret; the create-database tasks do."
  }

  assert {
    condition     = strcontains(module.task_identity["order-create-database"].policy_json, "rds!cluster") && strcontains(module.task_identity["order-create-database"].policy_json, "aws:rds:primaryDBClusterArn")
    error_message = "create-database reads the master user's secret of this cluster."
  }

  assert {
    condition     = !strcontains(module.task_identity["order-migrate"].policy_json, "database/orders") && strcontains(module.task_identity["order-migrate"].policy_json, "database/migrator")
    error_message = "A migration has the owner's password and not the service's."
  }
}

run "services_on_lambda" {
  command = plan

  variables {
    runtimes = { api-gateway = "lambda", order = "lambda" }
  }

  assert {
    condition     = toset(keys(module.function)) == toset(["api-gateway", "order"]) && toset(keys(module.container)) == toset(["notification", "product", "user"])
    error_message = "runtimes moves just what it names."
  }

  assert {
    condition     = local.environment["api-gateway"].ORDER_SERVICE_URL == "http://order-service.acme-prod.internal" && length(aws_route53_record.function) == 1
    error_message = "A function is found by the same name, behind the internal load balancer."
  }

  assert {
    condition     = local.environment["order"].DATABASE_MAX_CONNECTIONS == "2"
    error_message = "A function's instance opens few connections."
  }

  assert {
    condition     = strcontains(module.identity["order"].policy_json, "sqs:GetQueueAttributes")
    error_message = "Lambda's poller uses the function's role."
  }
}

run "more_connections_than_the_database_takes_are_refused" {
  command = plan

  variables {
    runtimes                = { order = "lambda" }
    reserved_concurrency    = 900
    connections_per_process = { lambda = 10 }
  }

  expect_failures = [terraform_data.connections]
}

run "stripe_is_told_by_reference" {
  command = plan

  variables {
    payment_providers = ["stripe"]
    stripe_account    = "acct_1"
  }

  assert {
    condition = (
      local.environment["order"].PAYMENT_PROVIDERS == "stripe" && local.environment["order"].STRIPE_ACCOUNT == "acct_1" &&
      local.environment["order"].STRIPE_SECRET_KEY == "secretsmanager:acme/prod/payments/stripe#secret_key"
    )
    error_message = "The order service reads Stripe's keys from Secrets Manager itself."
  }
}

run "a_cache_is_for_those_who_use_it" {
  command = plan

  variables {
    cache = true
  }

  assert {
    condition     = toset([for service, names in output.environment_names : service if contains(names.names, "REDIS_URL")]) == toset(["api-gateway", "user", "order"])
    error_message = "Those that share limits or wake each other are told where the cache is, and nobody else."
  }

  assert {
    condition     = length(module.cache) == 1 && length(run.a_shop_on_fargate.optional_addresses) == 2 && run.a_shop_on_fargate.optional_addresses.redis_url == null
    error_message = "There is a cache where one is asked for."
  }
}

run "what_messages_need_to_know" {
  command = plan

  variables {
    settings = {
      name             = "Acme"
      address          = "Example Street 1"
      tax_id           = "DE123456789"
      locale           = "de-AT"
      operations_email = "stock@acme.example"
      push             = { fcm_application_arn = "arn:aws:sns:eu-central-1:123456789012:app/GCM/acme" }
    }
  }

  assert {
    condition = (
      local.environment["notification"].SHOP_LOCALE == "de-AT" && local.environment["notification"].SHOP_OPERATIONS_EMAIL == "stock@acme.example" &&
      local.environment["notification"].PUSH_FCM_APPLICATION_ARN == "arn:aws:sns:eu-central-1:123456789012:app/GCM/acme" &&
      !contains(keys(local.environment["notification"]), "PUSH_APNS_APPLICATION_ARN")
    )
    error_message = "The notification service is told what is known, and nothing that is not."
  }
}

run "the_test_provider_is_refused" {
  command = plan

  variables {
    payment_providers = ["test"]
  }

  expect_failures = [var.payment_providers]
}

run "a_function_without_a_nat_is_refused" {
  command = plan

  variables {
    nat_mode = "none"
    runtimes = { order = "lambda" }
  }

  expect_failures = [var.nat_mode]
}

run "a_service_that_does_not_exist_is_refused" {
  command = plan

  variables {
    runtimes = { orders = "lambda" }
  }

  expect_failures = [var.runtimes]
}

run "a_sender_of_another_domain_is_refused" {
  command = plan

  variables {
    mail = { domain = "acme.example", sender = "shop@elsewhere.example" }
  }

  expect_failures = [var.mail]
}

run "a_marketing_sender_of_another_domain_is_refused" {
  command = plan

  variables {
    mail = { domain = "acme.example", sender = "shop@acme.example", marketing_sender = "news@notacme.example" }
  }

  expect_failures = [var.mail]
}

run "a_size_that_does_not_exist_is_refused" {
  command = plan

  variables {
    size = "XL"
  }

  expect_failures = [var.size]
}

run "the_key_of_the_tokens_is_for_user_and_notification" {
  command = plan

  assert {
    condition     = [for service, keys in local.keys : service if contains(keys, "alias/acme-prod-commands")] == ["notification", "user"]
    error_message = "Only who sends and who reads the queue with the tokens may use its key."
  }
}

run "every_role_carries_the_boundary_that_ci_asks_for" {
  command = plan

  assert {
    condition     = local.boundary == "arn:aws:iam::123456789012:policy/ci/acme-workload"
    error_message = "bootstrap makes the boundary under this name."
  }

  assert {
    condition = alltrue(concat(
      [for identity in values(module.identity) : identity.permissions_boundary == local.boundary],
      [for identity in values(module.task_identity) : identity.permissions_boundary == local.boundary],
      [module.network.permissions_boundary == local.boundary, module.database.permissions_boundary == local.boundary],
    ))
    error_message = "CI's apply role is refused a role without it."
  }
}
