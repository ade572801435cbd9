resource "aws_sesv2_email_identity" "this" {
  email_identity         = var.domain
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name

  dkim_signing_attributes {
    next_signing_key_length = "RSA_2048_BIT"
  }
}

# SPF is proven for the domain in MAIL FROM, which is amazonses.com otherwise. Until its records are there mail still
# leaves, under that name.
resource "aws_sesv2_email_identity_mail_from_attributes" "this" {
  count = var.mail_from ? 1 : 0

  email_identity         = aws_sesv2_email_identity.this.email_identity
  mail_from_domain       = local.mail_from_domain
  behavior_on_mx_failure = "USE_DEFAULT_VALUE"
}
