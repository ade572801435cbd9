# What runs once, by hand or before a deployment: databases and roles, schemas, the first administrator. Always on
# Fargate, so that a shop on Lambda has them too.
locals {
  cluster_arn      = "arn:${local.partition}:rds:${var.region}:${var.account_id}:cluster:${local.name}"
  migrator_reader  = { actions = ["secretsmanager:GetSecretValue"], resources = [local.arns.secrets["database/migrator"]], conditions = [] }
  migrator_secret  = "secretsmanager:${local.secrets_prefix}database/migrator#password"
  database_readers = { for service, facts in local.with_database : service => local.arns.secrets["database/${facts.database}"] }

  database_tasks = merge([
    for service, facts in local.with_database : {
      "${service}-create-database" = {
        service = service
        permissions = [
          local.migrator_reader,
          { actions = ["secretsmanager:GetSecretValue"], resources = [local.database_readers[service]], conditions = [] },
          # RDS makes the master user's secret under a name of its own and tags it with the cluster.
          {
            actions    = ["secretsmanager:GetSecretValue"]
            resources  = ["arn:${local.partition}:secretsmanager:${var.region}:${var.account_id}:secret:rds!cluster-*"]
            conditions = [{ test = "StringEquals", variable = "aws:ResourceTag/aws:rds:primaryDBClusterArn", values = [local.cluster_arn] }]
          },
        ]
        environment = merge(local.every_program, {
          ROLE                    = "create-database"
          AWS_REGION              = var.region
          DATABASE_URL            = local.database_environment[service].DATABASE_URL
          DATABASE_PASSWORD       = local.database_environment[service].DATABASE_PASSWORD
          DATABASE_OWNER_PASSWORD = local.migrator_secret
          DATABASE_ADMIN_URL      = "postgres://${module.database.master_username}@${local.server}/postgres?${local.encryption}"
          DATABASE_ADMIN_PASSWORD = "secretsmanager:${module.database.master_secret_arn}#password"
        })
      }

      "${service}-migrate" = {
        service     = service
        permissions = [local.migrator_reader]
        environment = merge(local.every_program, {
          ROLE              = "migrate"
          AWS_REGION        = var.region
          DATABASE_URL      = "postgres://migrator@${local.server}/${facts.database}?${local.encryption}"
          DATABASE_PASSWORD = local.migrator_secret
        })
      }
    }
  ]...)

  tasks = merge(local.database_tasks, {
    user-create-admin = {
      service = "user"
      permissions = concat(local.granted["user"], [
        { actions = ["secretsmanager:GetSecretValue"], resources = [local.database_readers["user"]], conditions = [] },
      ])
      # ADMIN_EMAIL comes with the run.
      environment = merge(local.every_program, local.aws, local.database_environment["user"], { ROLE = "create-admin" })
    }
  })
}

module "task_identity" {
  source   = "../identity"
  for_each = local.tasks

  name           = "${local.name}-${each.key}"
  runtime        = "fargate"
  permissions    = each.value.permissions
  kms_key_alias  = each.key == "user-create-admin" ? local.keys["user"] : [module.encryption.data_key_alias]
  repository_arn = local.repository_arns[each.value.service]
  log_group_name = "/${local.name}/${each.key}"

  permissions_boundary = local.boundary
}

module "task" {
  source   = "../task"
  for_each = local.tasks

  name               = each.key
  prefix             = local.name
  image              = var.images[each.value.service]
  allow_tag          = var.emulated
  architecture       = var.architecture
  environment        = each.value.environment
  role_arn           = module.task_identity[each.key].role_arn
  execution_role_arn = module.task_identity[each.key].execution_role_arn
  log_group_name     = "/${local.name}/${each.key}"
  log_retention_days = local.log_retention_days
  kms_key_arn        = module.encryption.data_key_arn
}
