data "aws_region" "current" {}

locals {
  full_name      = "${var.prefix}-${var.name}"
  log_group_name = coalesce(var.log_group_name, "/${var.prefix}/${var.name}")
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

locals {
  # ECS writes every default back; one that is not said here would be a change in each plan.
  container = {
    name                   = var.name
    image                  = var.image
    essential              = true
    user                   = "65532:65532"
    readonlyRootFilesystem = true
    privileged             = false
    stopTimeout            = 60
    environment            = [for key in sort(keys(var.environment)) : { name = key, value = var.environment[key] }]
    mountPoints            = []
    volumesFrom            = []
    systemControls         = []
    portMappings           = [{ containerPort = var.port, hostPort = var.port, protocol = "tcp" }]
    # A connection is a file: the gateway holds one for each client and one for each call.
    ulimits         = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
    linuxParameters = { initProcessEnabled = false, capabilities = { add = [], drop = ["ALL"] } }
    # There is no shell and no curl in the image: the program asks itself.
    healthCheck = { command = ["CMD", "/service", "healthcheck"], interval = 10, timeout = 5, retries = 3, startPeriod = 15 }
    # A program must not stand still because CloudWatch does; 25 MiB are some minutes of a busy service's lines.
    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = local.log_group_name
        awslogs-region        = data.aws_region.current.name
        awslogs-stream-prefix = "task"
        mode                  = "non-blocking"
        max-buffer-size       = "25m"
      }
    }
  }
}

resource "aws_ecs_task_definition" "this" {
  family                   = local.full_name
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory
  task_role_arn            = var.role_arn
  execution_role_arn       = var.execution_role_arn
  container_definitions    = jsonencode([local.container])
  # A task that is running, and a rollback, need the revision before.
  skip_destroy = true

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture
  }

  depends_on = [aws_cloudwatch_log_group.this]
}
