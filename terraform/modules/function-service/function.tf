locals {
  function_name  = "${var.prefix}-${var.name}"
  log_group_name = coalesce(var.log_group_name, "/aws/lambda/${local.function_name}")

  # Lambda sets these itself and refuses to be told.
  reserved_names = ["AWS_REGION", "AWS_DEFAULT_REGION"]
}

resource "aws_cloudwatch_log_group" "this" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
}

resource "aws_lambda_function" "this" {
  #checkov:skip=CKV_AWS_50:Traces go to the OpenTelemetry collector of both runtimes; X-Ray would see one of them only.
  #checkov:skip=CKV_AWS_116:The schedule alone invokes without waiting, and the next minute does what this one did not.
  #checkov:skip=CKV_AWS_272:AWS signs the code of zip packages only; an image is pinned by its digest.
  function_name                  = local.function_name
  description                    = "The service ${var.name}"
  package_type                   = "Image"
  image_uri                      = var.image
  architectures                  = [{ ARM64 = "arm64", X86_64 = "x86_64" }[var.architecture]]
  role                           = var.role_arn
  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = var.reserved_concurrency
  publish                        = true
  kms_key_arn                    = var.kms_key_arn

  environment {
    variables = { for name, value in var.environment : name => value if !contains(local.reserved_names, name) }
  }

  vpc_config {
    subnet_ids         = var.subnet_ids
    security_group_ids = var.security_group_ids
  }

  # The program's lines are JSON already, its metrics among them: they must stay as they are.
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.this.name
  }

  tracing_config {
    mode = "PassThrough"
  }
}

# What everything invokes: a rollback moves it to the version before.
resource "aws_lambda_alias" "live" {
  name             = "live"
  description      = "The version that is in use"
  function_name    = aws_lambda_function.this.function_name
  function_version = aws_lambda_function.this.version
}

resource "aws_lambda_provisioned_concurrency_config" "live" {
  count = var.provisioned_concurrency > 0 ? 1 : 0

  function_name                     = aws_lambda_function.this.function_name
  qualifier                         = aws_lambda_alias.live.name
  provisioned_concurrent_executions = var.provisioned_concurrency
}
