locals {
  # A load balancer's name has 32 characters at most; what is longer is cut, and told apart by a hash.
  full_name  = "${var.name}-internal"
  short_name = length(local.full_name) <= 32 ? local.full_name : "${trimsuffix(substr(local.full_name, 0, 25), "-")}-${substr(sha256(local.full_name), 0, 6)}"
}

resource "aws_lb" "internal" {
  #checkov:skip=CKV2_AWS_20:Nothing here speaks HTTPS; calls stay inside the VPC.
  #checkov:skip=CKV_AWS_150:It holds nothing, and goes when the last service leaves Lambda.
  name               = local.short_name
  load_balancer_type = "application"
  internal           = true
  subnets            = var.subnet_ids
  security_groups    = [var.security_group_id]

  enable_deletion_protection = var.deletion_protection
  idle_timeout               = 60
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "strictest"

  access_logs {
    enabled = true
    bucket  = var.log_bucket_name
    prefix  = "internal"
  }
}

resource "aws_lb_listener" "http" {
  #checkov:skip=CKV_AWS_2:Calls stay inside the VPC, as they do between tasks; each carries a signed token that lives for a minute.
  #checkov:skip=CKV_AWS_103:Plain HTTP has no TLS policy.
  load_balancer_arn = aws_lb.internal.arn
  port              = 80
  protocol          = "HTTP"

  # Rules name a host for each service; nothing else is here.
  default_action {
    type = "fixed-response"

    fixed_response {
      content_type = "text/plain"
      message_body = "No such service"
      status_code  = "404"
    }
  }
}
