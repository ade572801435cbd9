# A pool that the database cannot hold shows itself under load, when it is too late. A rolling deployment runs old and new
# side by side, so what runs on Fargate counts twice.
locals {
  most_processes = {
    for service in keys(local.with_database) : service => (
      local.runtimes[service] == "lambda" ? var.reserved_concurrency : 2 * local.size.scale.max
    )
  }

  most_connections = sum([for service, count in local.most_processes : count * local.connections[service]])

  # For the one-off tasks, for people, and what Aurora keeps to itself.
  connections_set_aside = 20
}

resource "terraform_data" "connections" {
  input = local.most_connections

  lifecycle {
    precondition {
      condition = local.most_connections + local.connections_set_aside <= module.database.max_connections
      error_message = format(
        "The services may open %d connections (%s), but the database with %s ACU takes %d, %d of them set aside. Lower reserved_concurrency or connections_per_process, or raise database.max_acu.",
        local.most_connections,
        join(", ", [for service, count in local.most_processes : "${service}: ${count} × ${local.connections[service]}"]),
        local.database.max_acu,
        module.database.max_connections,
        local.connections_set_aside,
      )
    }
  }
}
