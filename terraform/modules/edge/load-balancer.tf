locals {
  has_tls = var.certificate_arn != null || var.domain != null

  # A load balancer's name has 32 characters at most; what is longer is cut, and told apart by a hash.
  full_name  = "${var.name}-public"
  short_name = length(local.full_name) <= 32 ? local.full_name : "${trimsuffix(substr(local.full_name, 0, 25), "-")}-${substr(sha256(local.full_name), 0, 6)}"
}

resource "aws_lb" "public" {
  #checkov:skip=CKV2_AWS_20:Port 80 redirects wherever there is TLS; without a domain the load balancer has plain HTTP, refused unless allow_http.
  #checkov:skip=CKV2_AWS_76:The rule group is among managed_rules, where checkov does not look; the module's tests do.
  #checkov:skip=CKV2_AWS_28:The firewall is on unless an environment turns it off.
  name               = local.short_name
  load_balancer_type = "application"
  internal           = false
  subnets            = var.subnet_ids
  security_groups    = [var.security_group_id]

  enable_deletion_protection = var.deletion_protection
  idle_timeout               = 60

  # The client's address is the last of X-Forwarded-For, the one that the load balancer adds. What a proxy and a program
  # could read in two ways does not pass.
  xff_header_processing_mode = "append"
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"

  access_logs {
    enabled = true
    bucket  = var.log_bucket_name
    prefix  = "public"
  }
}

resource "aws_lb_target_group" "gateway" {
  # A name of its own for each type: the new one is made before the old one goes.
  name        = "${local.short_target_name}-${var.target.type == "lambda" ? "fn" : "ip"}"
  target_type = var.target.type
  vpc_id      = var.target.type == "ip" ? var.vpc_id : null
  port        = var.target.port
  protocol    = var.target.type == "ip" ? "HTTP" : null

  deregistration_delay          = var.target.type == "ip" ? 25 : null
  load_balancing_algorithm_type = var.target.type == "ip" ? "least_outstanding_requests" : null
  # Else a header that comes twice, as Set-Cookie, would lose its first value.
  lambda_multi_value_headers_enabled = var.target.type == "lambda" ? true : null

  # Of a function a check would be an invocation; one that fails shows in its errors.
  dynamic "health_check" {
    for_each = var.target.type == "ip" ? [1] : []

    content {
      path                = "/health/ready"
      protocol            = "HTTP"
      matcher             = "200"
      interval            = 10
      timeout             = 5
      healthy_threshold   = 2
      unhealthy_threshold = 3
    }
  }

  dynamic "health_check" {
    for_each = var.target.type == "lambda" ? [1] : []

    content {
      enabled = false
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

locals {
  target_name       = "${var.name}-gateway"
  short_target_name = length(local.target_name) <= 29 ? local.target_name : "${trimsuffix(substr(local.target_name, 0, 22), "-")}-${substr(sha256(local.target_name), 0, 6)}"
}
