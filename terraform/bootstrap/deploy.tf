# Pushes an image, runs the one-off tasks, and points services at it; builds nothing.
resource "aws_iam_role" "deploy" {
  for_each = var.environments

  name               = "${var.shop}-ci-${each.value}-deploy"
  path               = "/ci/"
  description        = "Deployments to ${local.names[each.value]}"
  assume_role_policy = data.aws_iam_policy_document.trust["${each.value}-deploy"].json
  depends_on         = [aws_iam_openid_connect_provider.github]
}

resource "aws_iam_role_policy" "deploy" {
  for_each = var.environments

  name   = "deploy"
  role   = aws_iam_role.deploy[each.value].name
  policy = data.aws_iam_policy_document.deploy[each.value].json
}

locals {
  # Exactly the roles that tasks have: a service's or a task's, and what ECS starts it with.
  task_roles = {
    for environment, name in local.names : environment => flatten([
      for program in setunion(var.services, var.tasks) : ["${local.iam}:role/${name}-${program}", "${local.iam}:role/${name}-${program}-execution"]
    ])
  }
}

data "aws_iam_policy_document" "deploy" {
  #checkov:skip=CKV_AWS_111:Registering a task definition knows no resource; the roles in it must be passed, and those are named.
  #checkov:skip=CKV_AWS_356:The same, and the registry's token; nothing else stands on *.
  for_each = var.environments

  source_policy_documents = [data.aws_iam_policy_document.state["${each.value}-deploy"].json]

  statement {
    sid = "PushImages"
    actions = [
      "ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:DescribeImages",
      "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage", "ecr:UploadLayerPart",
    ]
    resources = [for service in var.services : "${local.here.ecr}repository/${var.shop}/${service}"]
  }

  statement {
    sid       = "WithoutResource"
    actions   = ["ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"]
    resources = ["*"]
  }

  statement {
    sid       = "Services"
    actions   = ["ecs:DescribeServices", "ecs:ListServiceDeployments", "ecs:UpdateService"]
    resources = ["${local.here.ecs}service/${local.names[each.value]}/*"]
  }

  statement {
    sid       = "Deployments"
    actions   = ["ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions"]
    resources = ["${local.here.ecs}service-deployment/${local.names[each.value]}/*", "${local.here.ecs}service-revision/${local.names[each.value]}/*"]
  }

  statement {
    sid       = "RunTasks"
    actions   = ["ecs:RunTask"]
    resources = [for task in var.tasks : "${local.here.ecs}task-definition/${local.names[each.value]}-${task}:*"]

    condition {
      test     = "ArnEquals"
      variable = "ecs:cluster"
      values   = ["${local.here.ecs}cluster/${local.names[each.value]}"]
    }
  }

  statement {
    sid       = "WatchTasks"
    actions   = ["ecs:DescribeTasks", "ecs:StopTask"]
    resources = ["${local.here.ecs}task/${local.names[each.value]}/*"]
  }

  statement {
    sid       = "ReadTaskLogs"
    actions   = ["logs:FilterLogEvents", "logs:GetLogEvents"]
    resources = [for task in var.tasks : "${local.here.logs}log-group:/${local.names[each.value]}/${task}:*"]
  }

  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = local.task_roles[each.value]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com"]
    }
  }

  statement {
    sid = "Functions"
    actions = [
      "lambda:GetAlias", "lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction",
      "lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionCode",
    ]
    resources = [for service in var.services : "${local.here.lambda}function:${local.names[each.value]}-${service}*"]
  }
}
