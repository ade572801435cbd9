locals {
  # The managed policy CachingOptimized: the path alone is the key, compressed answers are kept apart.
  caching_optimized = "658327ea-f89d-4fab-a63d-7e88639e58f6"
}

resource "aws_cloudfront_distribution" "this" {
  #checkov:skip=CKV2_AWS_47:Pictures that everybody may see, read only, from a bucket: nothing for a firewall to guard. web_acl_arn puts one before it.
  #checkov:skip=CKV_AWS_305:There is no page at the root, only pictures by name.
  #checkov:skip=CKV_AWS_310:The origin is S3, which spans three zones; a second region has no copy to answer from.
  #checkov:skip=CKV_AWS_374:Where a shop sells is its owner's decision, not the pictures'.
  comment         = "${var.name}: pictures"
  enabled         = true
  is_ipv6_enabled = true
  http_version    = "http2and3"
  price_class     = var.price_class
  aliases         = var.domain == null ? [] : [var.domain.name]
  web_acl_id      = var.web_acl_arn

  origin {
    origin_id                = "bucket"
    domain_name              = var.bucket.domain_name
    origin_access_control_id = aws_cloudfront_origin_access_control.this.id
  }

  default_cache_behavior {
    target_origin_id           = "bucket"
    allowed_methods            = ["GET", "HEAD"]
    cached_methods             = ["GET", "HEAD"]
    compress                   = true
    viewer_protocol_policy     = "redirect-to-https"
    cache_policy_id            = local.caching_optimized
    response_headers_policy_id = aws_cloudfront_response_headers_policy.this.id
  }

  logging_config {
    bucket          = var.log_bucket_domain_name
    prefix          = "cdn/"
    include_cookies = false
  }

  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }

  viewer_certificate {
    cloudfront_default_certificate = var.domain == null
    acm_certificate_arn            = try(var.domain.certificate_arn, null)
    ssl_support_method             = var.domain == null ? null : "sni-only"
    minimum_protocol_version       = var.domain == null ? "TLSv1" : "TLSv1.2_2021"
  }
}
