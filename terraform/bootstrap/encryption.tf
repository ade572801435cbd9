resource "aws_kms_key" "state" {
  description             = "${var.shop}: Terraform's states and the images"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
}

resource "aws_kms_alias" "state" {
  name          = "alias/${var.shop}-terraform-state"
  target_key_id = aws_kms_key.state.key_id
}

# Lets the account's IAM policies decide; without it a key cannot be managed by anybody.
data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:The policy of a key stands on that key; its * is the key.
  #checkov:skip=CKV_AWS_111:The same: the * is this one key.
  #checkov:skip=CKV_AWS_356:The same: the * is this one key.
  statement {
    sid       = "Account"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["${local.iam}:root"]
    }
  }
}
