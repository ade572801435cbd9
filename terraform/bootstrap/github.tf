# Workflows sign in with a token that GitHub gives them for one run; there is no key to leak.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.identity_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

locals {
  identity_provider = var.identity_provider_arn == null ? "${local.iam}:oidc-provider/token.actions.githubusercontent.com" : var.identity_provider_arn

  # A plan is made for every pull request, so its GitHub environment has no reviewers; apply and deploy wait for those
  # of the environment itself.
  subjects = merge([
    for environment in var.environments : {
      "${environment}-plan"   = "repo:${var.repository}:environment:${environment}-plan"
      "${environment}-apply"  = "repo:${var.repository}:environment:${environment}"
      "${environment}-deploy" = "repo:${var.repository}:environment:${environment}"
    }
  ]...)
}

data "aws_iam_policy_document" "trust" {
  for_each = local.subjects

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [local.identity_provider]
    }

    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }

    # Equal, not like: a branch or a pull request of a fork has another subject.
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [each.value]
    }
  }
}
