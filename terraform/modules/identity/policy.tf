data "aws_iam_policy_document" "program" {
  dynamic "statement" {
    for_each = var.permissions

    content {
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }

  dynamic "statement" {
    for_each = length(var.kms_key_alias) > 0 ? [var.kms_key_alias] : []

    content {
      sid       = "Encryption"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = ["arn:${local.partition}:kms:${local.region}:${local.account}:key/*"]

      condition {
        test     = "ForAnyValue:StringEquals"
        variable = "kms:ResourceAliases"
        values   = statement.value
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for service in local.encrypting_services : "${service}.${local.region}.amazonaws.com"]
      }
    }
  }

  # On Fargate the execution role writes the log.
  dynamic "statement" {
    for_each = local.on_lambda ? [local.log_streams] : []

    content {
      sid       = "Log"
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = [statement.value]
    }
  }

  # Lambda joins the VPC with the function's role. A network interface has no name before it exists and Describe knows
  # no resources, so AWS wants them on all.
  dynamic "statement" {
    for_each = local.on_lambda ? [1] : []

    content {
      sid       = "NetworkInterfaces"
      actions   = local.network_interface_actions
      resources = ["*"]
    }
  }

  # But only Lambda itself: the program in the function is refused.
  dynamic "statement" {
    for_each = local.on_lambda ? [1] : []

    content {
      sid       = "NotTheProgram"
      effect    = "Deny"
      actions   = local.network_interface_actions
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function]
      }
    }
  }
}

locals {
  # The verbs of the managed policy AWSLambdaVPCAccessExecutionRole.
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]
}
