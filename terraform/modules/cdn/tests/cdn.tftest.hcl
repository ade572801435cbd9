# The real provider with made-up credentials: policies are asserted as AWS would get them, and AWS is not called.
provider "aws" {
  region                      = "eu-central-1"
  access_key                  = "test"
  secret_key                  = "test"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  skip_requesting_account_id  = true
}

# The policy names the distribution, whose ARN only an apply knows: each resource is stood in for, the policy is real.
override_resource {
  target = aws_cloudfront_distribution.this
  values = {
    arn         = "arn:aws:cloudfront::123456789012:distribution/E0000000000000"
    domain_name = "d000000000000.cloudfront.net"
  }
}

override_resource {
  target = aws_cloudfront_origin_access_control.this
}

override_resource {
  target = aws_cloudfront_response_headers_policy.this
}

override_resource {
  target = aws_s3_bucket_policy.this
}

variables {
  name                   = "acme-prod"
  log_bucket_domain_name = "acme-prod-logs.s3.amazonaws.com"
  bucket = {
    name        = "acme-prod-images"
    arn         = "arn:aws:s3:::acme-prod-images"
    domain_name = "acme-prod-images.s3.eu-central-1.amazonaws.com"
  }
}

run "pictures_are_read_through_this_distribution_alone" {
  assert {
    condition = [
      for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement :
      [statement.Principal.Service, statement.Action, statement.Resource, statement.Condition.StringEquals["aws:SourceArn"]] if statement.Effect == "Allow"
    ] == [["cloudfront.amazonaws.com", "s3:GetObject", "arn:aws:s3:::acme-prod-images/*", "arn:aws:cloudfront::123456789012:distribution/E0000000000000"]]
    error_message = "The bucket lets this distribution read, and nobody else do anything."
  }

  assert {
    condition     = length([for statement in jsondecode(aws_s3_bucket_policy.this.policy).Statement : statement if statement.Effect == "Deny" && try(statement.Condition.Bool["aws:SecureTransport"], "") == "false"]) == 1
    error_message = "Plain HTTP to the bucket is refused."
  }

  assert {
    condition     = aws_cloudfront_origin_access_control.this.signing_behavior == "always"
    error_message = "CloudFront signs what it asks of the bucket."
  }
}

run "read_only_over_tls" {
  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].allowed_methods == toset(["GET", "HEAD"])
    error_message = "Nothing can be written through the CDN."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.default_cache_behavior[0].viewer_protocol_policy == "redirect-to-https"
    error_message = "Plain HTTP is redirected."
  }

  assert {
    condition     = aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_type_options[0].override && strcontains(aws_cloudfront_response_headers_policy.this.security_headers_config[0].content_security_policy[0].content_security_policy, "sandbox")
    error_message = "A file that a user sent in is never run."
  }

  assert {
    condition     = output.url == "https://d000000000000.cloudfront.net"
    error_message = "Without a domain pictures are at CloudFront's name."
  }
}

run "a_name_of_ones_own" {
  variables {
    domain = { name = "images.acme.example", certificate_arn = "arn:aws:acm:us-east-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
  }

  assert {
    condition     = output.url == "https://images.acme.example" && aws_cloudfront_distribution.this.aliases == toset(["images.acme.example"])
    error_message = "Pictures are at the domain."
  }

  assert {
    condition     = aws_cloudfront_distribution.this.viewer_certificate[0].minimum_protocol_version == "TLSv1.2_2021" && aws_cloudfront_distribution.this.viewer_certificate[0].ssl_support_method == "sni-only"
    error_message = "With a certificate of one's own old TLS is refused."
  }
}

run "a_certificate_of_another_region_is_refused" {
  command = plan

  variables {
    domain = { name = "images.acme.example", certificate_arn = "arn:aws:acm:eu-central-1:123456789012:certificate/11111111-2222-3333-4444-555555555555" }
  }

  expect_failures = [var.domain]
}

run "a_price_class_that_does_not_exist_is_refused" {
  command = plan

  variables {
    price_class = "cheap"
  }

  expect_failures = [var.price_class]
}
