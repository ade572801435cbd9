mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }
}

override_resource {
  target = aws_sesv2_email_identity.this
  values = {
    dkim_signing_attributes = { tokens = ["one", "two", "three"] }
  }
}

variables {
  name             = "acme-prod"
  domain           = "acme.example"
  zone_id          = "Z0000000000000000000"
  events_topic_arn = "arn:aws:sns:eu-central-1:123456789012:acme-prod-mail-events"
}

run "a_domain_in_route_53" {
  assert {
    condition     = aws_sesv2_email_identity.this.configuration_set_name == "acme-prod"
    error_message = "No mail leaves without the configuration set."
  }

  assert {
    condition = toset([for record in aws_route53_record.this : "${record.type} ${record.name} ${one(record.records)}"]) == toset([
      "CNAME one._domainkey.acme.example one.dkim.amazonses.com",
      "CNAME two._domainkey.acme.example two.dkim.amazonses.com",
      "CNAME three._domainkey.acme.example three.dkim.amazonses.com",
      "MX mail.acme.example 10 feedback-smtp.eu-central-1.amazonses.com",
      "TXT mail.acme.example v=spf1 include:amazonses.com ~all",
      "TXT _dmarc.acme.example v=DMARC1; p=quarantine",
    ])
    error_message = "DKIM, MAIL FROM, SPF and DMARC are set up."
  }

  assert {
    condition     = aws_sesv2_configuration_set.this.delivery_options[0].tls_policy == "REQUIRE" && toset(aws_sesv2_configuration_set.this.suppression_options[0].suppressed_reasons) == toset(["BOUNCE", "COMPLAINT"])
    error_message = "Mail goes over TLS, and not again to who bounced or complained."
  }

  assert {
    condition = length(setintersection(aws_sesv2_configuration_set_event_destination.this.event_destination[0].matching_event_types, ["OPEN", "CLICK"])) == 0 && length(
      setsubtract(["BOUNCE", "COMPLAINT", "DELIVERY", "REJECT"], aws_sesv2_configuration_set_event_destination.this.event_destination[0].matching_event_types)
    ) == 0
    error_message = "What became of a mail is told, not what its reader did."
  }

  assert {
    condition     = aws_sesv2_configuration_set_event_destination.this.event_destination[0].sns_destination[0].topic_arn == var.events_topic_arn
    error_message = "The topic is told."
  }
}

run "a_domain_elsewhere" {
  command = plan

  variables {
    zone_id = null
  }

  assert {
    condition     = length(aws_route53_record.this) == 0 && length(output.dns_records) == 6
    error_message = "The records are listed for somebody to make."
  }
}

run "without_mail_from" {
  command = plan

  variables {
    mail_from = false
  }

  assert {
    condition     = length(aws_sesv2_email_identity_mail_from_attributes.this) == 0 && length(aws_route53_record.this) == 4
    error_message = "No MAIL FROM, no records for it."
  }
}

run "an_address_for_a_domain_is_refused" {
  command = plan

  variables {
    domain = "shop@acme.example"
  }

  expect_failures = [var.domain]
}

run "a_dmarc_policy_that_does_not_exist_is_refused" {
  command = plan

  variables {
    dmarc_policy = "strict"
  }

  expect_failures = [var.dmarc_policy]
}
