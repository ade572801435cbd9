# The real provider, with nothing to ask AWS: the policies' JSON is what AWS would get.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

variables {
  shop       = "acme"
  account_id = "123456789012"
  region     = "eu-central-1"
  repository = "acme/shop"
}

run "only_this_repository_s_environment_takes_a_role" {
  command = plan

  assert {
    condition = alltrue([
      for role in [aws_iam_role.apply["prod"], aws_iam_role.deploy["prod"]] :
      jsondecode(role.assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:acme/shop:environment:prod"
    ])
    error_message = "What changes prod is started from the GitHub environment prod."
  }

  assert {
    condition     = jsondecode(aws_iam_role.plan["prod"].assume_role_policy).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:sub"] == "repo:acme/shop:environment:prod-plan"
    error_message = "Plans have an environment of their own."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.trust :
      keys(jsondecode(document.json).Statement[0].Condition) == ["StringEquals"] && !strcontains(document.json, "*")
    ])
    error_message = "A subject is equal, never alike."
  }

  assert {
    condition = alltrue([
      for document in data.aws_iam_policy_document.trust :
      jsondecode(document.json).Statement[0].Condition.StringEquals["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
    ])
    error_message = "A token for somebody else is no token for AWS."
  }

  assert {
    condition     = length(aws_iam_role.plan) == 3 && length(aws_iam_role.apply) == 3 && length(aws_iam_role.deploy) == 3
    error_message = "Each environment has three roles."
  }
}

run "the_state_is_kept" {
  command = plan

  assert {
    condition     = aws_s3_bucket_versioning.state.versioning_configuration[0].status == "Enabled"
    error_message = "Earlier states are kept."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Effect == "Deny" && jsondecode(aws_s3_bucket_policy.state.policy).Statement[0].Condition.Bool["aws:SecureTransport"] == "false"
    error_message = "States travel by TLS only."
  }

  assert {
    condition = alltrue([
      for key in ["prod-plan", "prod-deploy"] : !anytrue([
        for statement in jsondecode(data.aws_iam_policy_document.state[key].json).Statement :
        contains(flatten([statement.Action]), "s3:PutObject") && contains(flatten([statement.Resource]), "arn:aws:s3:::acme-terraform-state-123456789012/prod/terraform.tfstate")
      ])
    ])
    error_message = "Only apply writes a state."
  }

  assert {
    condition     = alltrue([for key, document in data.aws_iam_policy_document.state : !startswith(key, "prod") || !strcontains(document.json, "/staging/")])
    error_message = "Prod's roles see prod's state alone."
  }
}

run "plan_sees_no_data" {
  command = plan

  assert {
    condition = anytrue([
      for statement in jsondecode(data.aws_iam_policy_document.plan["prod"].json).Statement :
      statement.Effect == "Deny" && try(statement.Resource, "") == "*" && alltrue([
        for verb in ["secretsmanager:GetSecretValue", "dynamodb:Scan", "sqs:ReceiveMessage", "logs:FilterLogEvents"] : contains(flatten([statement.Action]), verb)
      ])
    ])
    error_message = "A plan reads no secret, no customer and no log."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(data.aws_iam_policy_document.plan["prod"].json).Statement :
      statement.Effect == "Deny" && contains(flatten([statement.Action]), "s3:GetObject") && can(statement.NotResource)
    ])
    error_message = "Of all objects a plan reads the state alone."
  }
}

run "apply_cannot_raise_itself" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.apply["prod"].json).Statement :
      alltrue([for resource in flatten([statement.Resource]) : startswith(resource, "arn:aws:iam::123456789012:role/acme-prod-") || resource == "arn:aws:iam::123456789012:role/aws-service-role/*"])
      if anytrue([for action in flatten([statement.Action]) : startswith(action, "iam:")])
    ])
    error_message = "IAM is open for roles of prod's name alone: not for those of the pipeline, not for users."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.apply["prod"].json).Statement :
      try(statement.Condition.StringEquals["iam:PermissionsBoundary"], "") == "arn:aws:iam::123456789012:policy/ci/acme-workload"
      if contains(flatten([statement.Action]), "iam:CreateRole") || contains(flatten([statement.Action]), "iam:PutRolePolicy")
    ])
    error_message = "A role is made, and given a policy, with the workload boundary only."
  }

  assert {
    condition = !anytrue([
      for action in flatten([for statement in jsondecode(data.aws_iam_policy_document.apply["prod"].json).Statement : statement.Action]) :
      contains(["iam:*", "iam:DeleteRolePermissionsBoundary", "iam:CreateUser", "iam:CreateAccessKey", "iam:CreatePolicyVersion", "sts:AssumeRole"], action)
    ])
    error_message = "No verb takes a boundary away or makes another way in."
  }

  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.apply["prod"].json).Statement :
      can(statement.Condition.StringEquals["iam:PassedToService"]) if contains(flatten([statement.Action]), "iam:PassRole")
    ])
    error_message = "A role is passed to the services that it is for."
  }

  assert {
    condition = anytrue([
      for statement in jsondecode(data.aws_iam_policy_document.apply_boundary["prod"].json).Statement :
      statement.Effect == "Deny" && contains(flatten([statement.Action]), "secretsmanager:GetSecretValue") && contains(flatten([statement.Action]), "ecs:RunTask")
    ])
    error_message = "Whoever builds the environment reads no secret of it, and runs nothing in its name."
  }

  assert {
    condition     = !strcontains(data.aws_iam_policy_document.workload.json, "iam:") && !strcontains(data.aws_iam_policy_document.workload.json, "sts:")
    error_message = "No role of an environment hands out permissions."
  }
}

run "deploy_passes_named_roles" {
  command = plan

  assert {
    condition = alltrue([
      for statement in jsondecode(data.aws_iam_policy_document.deploy["prod"].json).Statement :
      !anytrue([for resource in flatten([statement.Resource]) : strcontains(resource, "*")]) && statement.Condition.StringEquals["iam:PassedToService"] == "ecs-tasks.amazonaws.com"
      if contains(flatten([statement.Action]), "iam:PassRole")
    ])
    error_message = "A deployment passes the tasks' roles, by name, to tasks."
  }

  assert {
    condition = [
      for statement in jsondecode(data.aws_iam_policy_document.deploy["prod"].json).Statement : sort(flatten([statement.Action])) if statement.Resource == "*"
    ] == [tolist(["ecr:GetAuthorizationToken", "ecs:DescribeTaskDefinition", "ecs:RegisterTaskDefinition"])]
    error_message = "Three verbs know no resource; all others name theirs."
  }

  assert {
    condition     = !strcontains(replace(data.aws_iam_policy_document.deploy["prod"].json, "acme-prod", ""), "acme-staging")
    error_message = "Prod's role deploys to prod alone."
  }
}

# IAM's limits: 6144 characters for a managed policy, 10240 for those of a role.
run "policies_fit" {
  command = plan

  variables {
    shop = "abcdefghij-abcdefghi"
  }

  assert {
    condition     = alltrue([for document in data.aws_iam_policy_document.apply : length(jsonencode(jsondecode(document.json))) <= 6144])
    error_message = "The apply policy is too long for a managed policy."
  }

  assert {
    condition     = alltrue([for document in data.aws_iam_policy_document.apply_boundary : length(jsonencode(jsondecode(document.json))) <= 6144])
    error_message = "The boundary is too long for a managed policy."
  }

  assert {
    condition     = alltrue([for document in data.aws_iam_policy_document.deploy : length(jsonencode(jsondecode(document.json))) <= 10240])
    error_message = "The deploy policy is too long for a role."
  }
}

run "a_pattern_of_repositories_is_refused" {
  command = plan

  variables {
    repository = "acme/*"
  }

  expect_failures = [var.repository]
}

run "an_unknown_environment_is_refused" {
  command = plan

  variables {
    environments = ["prod", "ci"]
  }

  expect_failures = [var.environments]
}
