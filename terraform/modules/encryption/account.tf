locals {
  data_alias     = "alias/${var.name}-data"
  commands_alias = "alias/${var.name}-commands"
}

data "aws_partition" "current" {}

# Lets the account's IAM policies decide; without it a key cannot be managed by anybody, not even by AWS.
data "aws_iam_policy_document" "account" {
  #checkov:skip=CKV_AWS_109:The policy of a key stands on that key; its * is the key.
  #checkov:skip=CKV_AWS_111:The same: the * is this one key.
  #checkov:skip=CKV_AWS_356:The same: the * is this one key.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${var.account_id}:root"]
    }
  }
}
