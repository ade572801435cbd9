# Containers only: a value here would lie in the state for anybody who reads it. `make secrets-init` writes the values.
resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV2_AWS_57:Rotation by Secrets Manager needs a function that knows every reader; these values are rotated by hand, with two valid keys side by side.
  for_each = { for secret in var.secrets : secret.name => secret }

  name                    = "${var.prefix}${each.key}"
  description             = length(each.value.readers) == 0 ? local.kinds[each.value.kind] : "${local.kinds[each.value.kind]}; read by ${join(", ", sort(each.value.readers))}"
  kms_key_id              = var.kms_key_arn
  recovery_window_in_days = var.recovery_window_days
}

locals {
  kinds = {
    rsa_jwk_set        = "JSON: keys, private JWKs (RSA, or EC by rotation); the first signs, all are published"
    hmac_key           = "JSON: key, 32 bytes in base64url"
    rotating_hmac_keys = "JSON: current and previous, 32 bytes each in base64url"
    password           = "JSON: password"
    stripe_keys        = "JSON: secret_key, webhook_secret (two, comma-separated, while one is rolled), publishable_key; written by hand"
  }
}
