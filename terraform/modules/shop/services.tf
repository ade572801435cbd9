locals {
  # The one list of services. `calls` is who it asks, `database` the database that is its own.
  services = {
    api-gateway  = { deployed = "api-gateway", port = 8000, calls = ["user", "product", "order", "notification"], database = null }
    user         = { deployed = "user-service", port = 8001, calls = ["order", "notification"], database = "users" }
    product      = { deployed = "product-service", port = 8002, calls = [], database = "products" }
    order        = { deployed = "order-service", port = 8003, calls = ["product", "user"], database = "orders" }
    notification = { deployed = "notification-service", port = 8004, calls = ["user", "order"], database = null }
  }

  runtimes = { for service in keys(local.services) : service => lookup(var.runtimes, service, "fargate") }

  on_fargate = { for service, facts in local.services : service => facts if local.runtimes[service] == "fargate" }
  on_lambda  = { for service, facts in local.services : service => facts if local.runtimes[service] == "lambda" }
  # Functions that others reach through the internal load balancer: all but the gateway.
  behind_internal = { for service, facts in local.on_lambda : service => facts if service != "api-gateway" }
  with_database   = { for service, facts in local.services : service => facts if facts.database != null }

  # Those that share limits through the cache, or wake each other by it.
  with_cache = var.cache ? toset(["api-gateway", "user", "order"]) : toset([])

  callers = {
    for service in keys(local.services) : service => toset([
      for caller, facts in local.services : caller if contains(facts.calls, service)
    ])
  }

  queues = {
    for service in keys(local.services) : service => {
      for queue in local.resources.queues : queue.name => queue if lookup(queue, "consumer", null) == service
    }
  }

  hosts = { for service, facts in local.services : service => "${facts.deployed}.${local.name}.internal" }
  urls = {
    for service, facts in local.services : service => (
      local.runtimes[service] == "lambda" ? "http://${local.hosts[service]}" : "http://${local.hosts[service]}:${facts.port}"
    )
  }
}
