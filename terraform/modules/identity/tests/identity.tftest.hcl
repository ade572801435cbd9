# The real provider, with nothing to ask AWS: the policies' JSON is what AWS would get.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  name           = "acme-test-order-service"
  runtime        = "fargate"
  repository_arn = "arn:aws:ecr:eu-central-1:123456789012:repository/acme/order-service"
  log_group_name = "/acme-test/order-service"
  kms_key_alias  = ["alias/acme-test-data"]
  permissions = [
    { actions = ["sqs:SendMessage"], resources = ["arn:aws:sqs:eu-central-1:123456789012:acme-test-order-commands"] },
    {
      actions    = ["ses:SendEmail"]
      resources  = ["arn:aws:ses:eu-central-1:123456789012:identity/acme.example"]
      conditions = [{ test = "StringEquals", variable = "ses:FromAddress", values = ["shop@acme.example"] }]
    },
  ]
}

run "a_task_may_do_what_it_was_given" {
  command = plan

  assert {
    condition = jsondecode(output.policy_json).Statement[0] == {
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = "arn:aws:sqs:eu-central-1:123456789012:acme-test-order-commands"
    }
    error_message = "A permission is one statement, with its verbs and its resources."
  }

  assert {
    condition     = jsondecode(output.policy_json).Statement[1].Condition.StringEquals["ses:FromAddress"] == "shop@acme.example"
    error_message = "A permission keeps its condition."
  }

  assert {
    condition     = length(jsondecode(output.policy_json).Statement) == 3
    error_message = "A task is given its permissions, its keys, and nothing else."
  }

  assert {
    condition     = !strcontains(output.policy_json, "*:*") && !anytrue([for statement in jsondecode(output.policy_json).Statement : contains(flatten([statement.Resource]), "*")])
    error_message = "Nothing is allowed on every resource."
  }
}

run "keys_open_through_services_only" {
  command = plan

  assert {
    condition     = jsondecode(output.policy_json).Statement[2].Condition["ForAnyValue:StringEquals"]["kms:ResourceAliases"] == "alias/acme-test-data"
    error_message = "Only the environment's own keys are usable."
  }

  assert {
    condition = toset(jsondecode(output.policy_json).Statement[2].Condition.StringEquals["kms:ViaService"]) == toset([
      for service in ["dynamodb", "s3", "secretsmanager", "sns", "sqs"] : "${service}.eu-central-1.amazonaws.com"
    ])
    error_message = "A key is used by AWS on the program's behalf, never by the program."
  }

  assert {
    condition     = jsondecode(output.policy_json).Statement[2].Resource == "arn:aws:kms:eu-central-1:123456789012:key/*"
    error_message = "Keys of other accounts and regions are out of reach."
  }
}

run "only_this_account_s_tasks_take_the_role" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.program.assume_role_policy).Statement[0].Principal.Service == "ecs-tasks.amazonaws.com"
    error_message = "ECS tasks take the role."
  }

  assert {
    condition     = jsondecode(aws_iam_role.program.assume_role_policy).Statement[0].Condition.StringEquals["aws:SourceAccount"] == "123456789012"
    error_message = "Tasks of other accounts do not."
  }

  assert {
    condition     = jsondecode(aws_iam_role.program.assume_role_policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:ecs:eu-central-1:123456789012:*"
    error_message = "Nor tasks of other regions."
  }
}

run "the_execution_role_pulls_one_repository" {
  command = plan

  assert {
    condition     = jsondecode(output.execution_policy_json).Statement[0].Resource == "arn:aws:ecr:eu-central-1:123456789012:repository/acme/order-service"
    error_message = "It pulls this image and no other."
  }

  assert {
    condition     = [for statement in jsondecode(output.execution_policy_json).Statement : statement.Action if statement.Resource == "*"] == ["ecr:GetAuthorizationToken"]
    error_message = "The registry's token alone knows no resource."
  }

  assert {
    condition     = jsondecode(output.execution_policy_json).Statement[2].Resource == "arn:aws:logs:eu-central-1:123456789012:log-group:/acme-test/order-service:*"
    error_message = "It writes to this log and to no other."
  }

  assert {
    condition     = !strcontains(output.policy_json, "ecr:") && !strcontains(output.policy_json, "logs:")
    error_message = "The program itself neither pulls nor writes logs."
  }
}

run "a_function_has_one_role" {
  command = plan

  variables {
    runtime = "lambda"
  }

  assert {
    condition     = length(aws_iam_role.execution) == 0 && output.execution_policy_json == null
    error_message = "Lambda needs no execution role beside the program's."
  }

  assert {
    condition     = jsondecode(aws_iam_role.program.assume_role_policy).Statement[0].Principal.Service == "lambda.amazonaws.com"
    error_message = "Lambda takes the role."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(output.policy_json).Statement :
      statement.Effect == "Deny" && contains(flatten([statement.Action]), "ec2:CreateNetworkInterface")
      && try(statement.Condition.ArnEquals["lambda:SourceFunctionArn"], "") == "arn:aws:lambda:eu-central-1:123456789012:function:acme-test-order-service"
    ])
    error_message = "Lambda makes network interfaces; the program in it may not."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(output.policy_json).Statement :
      try(statement.Sid, "") == "Log" && statement.Resource == "arn:aws:logs:eu-central-1:123456789012:log-group:/acme-test/order-service:*"
    ])
    error_message = "A function writes its own log."
  }
}

run "the_boundary_is_on_both_roles" {
  command = plan

  variables {
    permissions_boundary = "arn:aws:iam::123456789012:policy/acme-workload"
  }

  assert {
    condition     = aws_iam_role.program.permissions_boundary == var.permissions_boundary && aws_iam_role.execution[0].permissions_boundary == var.permissions_boundary
    error_message = "Neither role goes beyond the boundary."
  }
}

run "a_wildcard_verb_is_refused" {
  command = plan

  variables {
    permissions = [{ actions = ["s3:*"], resources = ["arn:aws:s3:::acme-test-invoices/*"] }]
  }

  expect_failures = [var.permissions]
}

run "half_a_wildcard_is_refused" {
  command = plan

  variables {
    permissions = [{ actions = ["sqs:Send*"], resources = ["arn:aws:sqs:eu-central-1:123456789012:acme-test-order-commands"] }]
  }

  expect_failures = [var.permissions]
}

run "every_resource_is_refused" {
  command = plan

  variables {
    permissions = [{ actions = ["dynamodb:GetItem"], resources = ["*"] }]
  }

  expect_failures = [var.permissions]
}

run "an_account_s_own_verb_is_taken" {
  command = plan

  variables {
    permissions = [{ actions = ["ses:GetAccount"], resources = ["*"] }]
  }

  assert {
    condition     = jsondecode(output.policy_json).Statement[0].Action == "ses:GetAccount"
    error_message = "ses:GetAccount knows no resource."
  }
}

run "a_permission_on_nothing_is_refused" {
  command = plan

  variables {
    permissions = [{ actions = ["sqs:SendMessage"], resources = [] }]
  }

  expect_failures = [var.permissions]
}
