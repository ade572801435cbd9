locals {
  # A target group's name has 32 characters at most; what is longer is cut, and told apart by a hash.
  target_group_name = (
    length(local.function_name) <= 32
    ? local.function_name
    : "${trimsuffix(substr(local.function_name, 0, 25), "-")}-${substr(sha256(local.function_name), 0, 6)}"
  )
}

resource "aws_lb_target_group" "internal" {
  count = var.internal == null ? 0 : 1

  name        = local.target_group_name
  target_type = "lambda"
  # Else a header that comes twice, as Set-Cookie, would lose its first value.
  lambda_multi_value_headers_enabled = true

  # A check would be an invocation; a function that fails shows in its errors.
  health_check {
    enabled = false
  }
}

resource "aws_lambda_permission" "internal" {
  count = var.internal == null ? 0 : 1

  statement_id  = "internal-load-balancer"
  action        = "lambda:InvokeFunction"
  principal     = "elasticloadbalancing.amazonaws.com"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name
  source_arn    = aws_lb_target_group.internal[0].arn
}

resource "aws_lb_target_group_attachment" "internal" {
  count = var.internal == null ? 0 : 1

  target_group_arn = aws_lb_target_group.internal[0].arn
  target_id        = aws_lambda_alias.live.arn
  depends_on       = [aws_lambda_permission.internal]
}

resource "aws_lb_listener_rule" "internal" {
  count = var.internal == null ? 0 : 1

  listener_arn = var.internal.listener_arn
  priority     = var.internal.priority

  condition {
    host_header {
      values = [var.internal.host]
    }
  }

  action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.internal[0].arn
  }
}

resource "aws_lambda_permission" "public" {
  count = var.public_target == null ? 0 : 1

  statement_id  = "public-load-balancer"
  action        = "lambda:InvokeFunction"
  principal     = "elasticloadbalancing.amazonaws.com"
  function_name = aws_lambda_function.this.function_name
  qualifier     = aws_lambda_alias.live.name
  source_arn    = var.public_target.target_group_arn
}

resource "aws_lb_target_group_attachment" "public" {
  count = var.public_target == null ? 0 : 1

  target_group_arn = var.public_target.target_group_arn
  target_id        = aws_lambda_alias.live.arn
  depends_on       = [aws_lambda_permission.public]
}
