resource "aws_cloudfront_response_headers_policy" "this" {
  name    = "${var.name}-pictures"
  comment = "For files that users sent in"

  security_headers_config {
    # A picture stays a picture, whatever is in it.
    content_type_options {
      override = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      include_subdomains         = true
      preload                    = true
      override                   = true
    }

    # An SVG or a page among the pictures runs nothing.
    content_security_policy {
      content_security_policy = "default-src 'none'; sandbox"
      override                = true
    }

    referrer_policy {
      referrer_policy = "no-referrer"
      override        = true
    }
  }
}
