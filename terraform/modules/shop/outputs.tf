output "url" {
  description = "Where the API answers."
  value       = local.public_url
}

output "load_balancer" {
  description = "Address of the public load balancer, for a DNS record of your own."
  value       = module.edge.dns_name
}

output "images_url" {
  description = "Where product images are served from."
  value       = module.cdn.url
}

output "mail_dns_records" {
  description = "DNS records that SES waits for, where the mail domain's zone is not in Route 53."
  value       = module.mail.dns_records
}

output "database" {
  description = "The database's address and the secret with its master user (RDS keeps and rotates it)."
  value = {
    endpoint          = module.database.endpoint
    reader_endpoint   = module.database.reader_endpoint
    master_secret_arn = module.database.master_secret_arn
    max_connections   = module.database.max_connections
    most_used         = terraform_data.connections.output
  }
}

output "run_task" {
  description = "The command that runs each one-off task; create-admin also needs --overrides with ADMIN_EMAIL."
  value = {
    for task, made in module.task : task => join(" ", [
      "aws ecs run-task --region ${var.region} --launch-type FARGATE",
      "--cluster ${module.cluster.name} --task-definition ${made.family}",
      "--network-configuration '${jsonencode({
        awsvpcConfiguration = {
          subnets        = local.task_subnet_ids
          securityGroups = [module.access.task_group_id]
          assignPublicIp = local.nat_mode == "none" ? "ENABLED" : "DISABLED"
        }
      })}'",
    ])
  }
}

output "services" {
  description = "Runtime, log group and address of each service."
  value = {
    for service in keys(local.services) : service => {
      runtime   = local.runtimes[service]
      log_group = local.log_groups[service]
      address   = service == "api-gateway" ? local.public_url : local.urls[service]
    }
  }
}

output "environment_names" {
  description = "The variables that each program is given, by service and role; `make terraform-check` compares them with the code."
  value = merge(
    { for service, variables in local.environment : service => { service = service, role = "all", names = keys(variables) } },
    { for task, facts in local.tasks : task => { service = facts.service, role = facts.environment.ROLE, names = keys(facts.environment) } },
  )
}

output "optional_addresses" {
  description = "Of Valkey and OpenSearch, where they were asked for."
  value = {
    redis_url      = var.cache ? module.cache[0].url : null
    opensearch_url = var.search ? module.search[0].url : null
  }
}
