data "aws_region" "current" {}

locals {
  log_group_name = coalesce(var.log_group_name, "/${var.prefix}/${var.name}")

  # ECS writes every default back; one that is not said here would be a change in each plan.
  container = {
    name                   = var.name
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    privileged             = false
    # A migration that is told to stop ends its statement first.
    stopTimeout     = 120
    environment     = [for key in sort(keys(var.environment)) : { name = key, value = var.environment[key] }]
    mountPoints     = []
    volumesFrom     = []
    systemControls  = []
    portMappings    = []
    linuxParameters = { initProcessEnabled = false, capabilities = { add = [], drop = ["ALL"] } }
    # The last line says why a task failed, so it waits for the log rather than lose it.
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group_name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "task"
        mode                  = "blocking"
      }
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_ecs_task_definition" "this" {
  family                   = "${var.prefix}-${var.name}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = var.role_arn
  execution_role_arn       = var.execution_role_arn
  container_definitions    = jsonencode([local.container])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  depends_on = [aws_cloudwatch_log_group.this]
}
