# ECS starts a task with this role: it is never in the program's hands.
data "aws_iam_policy_document" "execution" {
  count = local.on_lambda ? 0 : 1

  statement {
    sid       = "Pull"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.repository_arn]
  }

  # The token is for the whole registry: ECR knows no resource for it.
  statement {
    sid       = "SignIn"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "Log"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = [local.log_streams]
  }
}

resource "aws_iam_role" "execution" {
  count = local.on_lambda ? 0 : 1

  name                 = "${var.name}-execution"
  description          = "Starts ${var.name}: image and log"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary
}

resource "aws_iam_role_policy" "execution" {
  count = local.on_lambda ? 0 : 1

  name   = "execution"
  role   = aws_iam_role.execution[0].name
  policy = data.aws_iam_policy_document.execution[0].json
}
