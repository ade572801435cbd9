# For the queue that carries tokens of password resets and invitations: no AWS service reads or writes it, so none gets
# this key, and a role can have the data key without it.
resource "aws_kms_key" "commands" {
  description             = "${var.name}: commands that carry tokens"
  enable_key_rotation     = true
  deletion_window_in_days = var.deletion_window_days
  policy                  = data.aws_iam_policy_document.account.json

  tags = { Name = "${var.name}-commands" }
}

resource "aws_kms_alias" "commands" {
  name          = local.commands_alias
  target_key_id = aws_kms_key.commands.key_id
}
