# The one way to IAM: roles with an environment's name, which cannot go beyond the workload boundary, passed to the services
# that they are for. Nothing here reaches the pipeline's own roles, whose names are others.
data "aws_iam_policy_document" "roles" {
  for_each = var.environments

  statement {
    sid       = "MakeRoles"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = ["${local.iam}:role/${local.names[each.value]}-*"]

    dynamic "condition" {
      for_each = var.require_boundary ? [local.workload_boundary_arn] : []

      content {
        test     = "StringEquals"
        variable = "iam:PermissionsBoundary"
        values   = [condition.value]
      }
    }
  }

  statement {
    sid = "ChangeRoles"
    actions = [
      "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:TagRole", "iam:UntagRole",
      "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    ]
    resources = ["${local.iam}:role/${local.names[each.value]}-*"]
  }

  # RDS' enhanced monitoring is the one role whose policy AWS keeps.
  statement {
    sid       = "AttachPolicies"
    actions   = ["iam:AttachRolePolicy"]
    resources = ["${local.iam}:role/${local.names[each.value]}-*"]

    condition {
      test     = "ArnEquals"
      variable = "iam:PolicyARN"
      values   = ["arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"]
    }
  }

  statement {
    sid       = "PassRoles"
    actions   = ["iam:PassRole"]
    resources = ["${local.iam}:role/${local.names[each.value]}-*"]

    condition {
      test     = "StringEquals"
      variable = "iam:PassedToService"
      values   = ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com", "monitoring.rds.amazonaws.com", "vpc-flow-logs.amazonaws.com"]
    }
  }

  # AWS writes these roles itself, once for each account.
  statement {
    sid       = "ServiceLinkedRoles"
    actions   = ["iam:CreateServiceLinkedRole"]
    resources = ["${local.iam}:role/aws-service-role/*"]
  }
}
