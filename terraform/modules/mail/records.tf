data "aws_region" "current" {}

locals {
  mail_from_domain = "mail.${var.domain}"

  # SES gives three tokens to a domain, so they are counted before they are known.
  dkim_tokens = aws_sesv2_email_identity.this.dkim_signing_attributes[0].tokens
  dkim_records = {
    for index in range(3) : "dkim-${index}" => {
      name  = "${local.dkim_tokens[index]}._domainkey.${var.domain}"
      type  = "CNAME"
      value = "${local.dkim_tokens[index]}.dkim.amazonses.com"
    }
  }

  mail_from_records = {
    mail-from-bounces = { name = local.mail_from_domain, type = "MX", value = "10 feedback-smtp.${data.aws_region.current.id}.amazonses.com" }
    mail-from-spf     = { name = local.mail_from_domain, type = "TXT", value = "v=spf1 include:amazonses.com ~all" }
  }

  records = merge(
    local.dkim_records,
    { for key, record in local.mail_from_records : key => record if var.mail_from },
    { dmarc = { name = "_dmarc.${var.domain}", type = "TXT", value = "v=DMARC1; p=${var.dmarc_policy}" } },
  )
}

resource "aws_route53_record" "this" {
  for_each = { for key, record in local.records : key => record if var.zone_id != null }

  zone_id = var.zone_id
  name    = each.value.name
  type    = each.value.type
  ttl     = 3600
  records = [each.value.value]
}
