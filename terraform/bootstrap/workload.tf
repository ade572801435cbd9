# The ceiling of every role that an environment makes: what programs do with data, and nothing that builds or hands out
# permissions. A role that apply writes itself a policy for still ends here.
resource "aws_iam_policy" "workload" {
  name        = "${var.shop}-workload"
  path        = "/ci/"
  description = "What no role of ${var.shop}'s environments goes beyond"
  policy      = data.aws_iam_policy_document.workload.json
}

data "aws_iam_policy_document" "workload" {
  #checkov:skip=CKV_AWS_107:A boundary gives nothing; each role names the secrets that it reads.
  #checkov:skip=CKV_AWS_108:A boundary gives nothing; each role names what it reads.
  #checkov:skip=CKV_AWS_111:A boundary gives nothing; network interfaces, mail, telephones and metrics know no names.
  #checkov:skip=CKV_AWS_356:A boundary gives nothing; network interfaces, mail, telephones and metrics know no names.
  statement {
    sid     = "Data"
    actions = ["dynamodb:*", "ecr:*", "lambda:InvokeFunction", "logs:*", "s3:*", "secretsmanager:GetSecretValue", "sqs:*"]
    resources = [
      "${local.here.dynamodb}table/${var.shop}-*",
      "${local.here.ecr}repository/${var.shop}/*",
      "${local.here.lambda}function:${var.shop}-*",
      "${local.here.logs}log-group:*${var.shop}-*",
      "arn:${local.partition}:s3:::${var.shop}-*",
      "${local.here.secretsmanager}secret:${var.shop}/*",
      "${local.here.secretsmanager}secret:rds!cluster-*",
      "${local.here.sqs}${var.shop}-*",
    ]
  }

  # Their own environment's names are in the bucket's name too, but states are not theirs.
  statement {
    sid       = "NoStates"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [local.state_bucket, "${local.state_bucket}/*"]
  }

  statement {
    sid       = "Keys"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["${local.here.kms}key/*"]
  }

  statement {
    sid = "WithoutNames"
    actions = [
      "cloudwatch:PutMetricData",
      "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
      "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
      "ecr:GetAuthorizationToken",
      "logs:DescribeLogGroups",
      "ses:GetAccount", "ses:SendEmail", "ses:SendRawEmail",
      "sns:CreatePlatformEndpoint", "sns:DeleteEndpoint", "sns:SetEndpointAttributes",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "Topics"
    actions   = ["sns:Publish"]
    resources = ["${local.here.sns}${var.shop}-*", "${local.here.sns}endpoint/*"]
  }

  # A telephone has no ARN, so it is what is none of a topic, an app or a device.
  statement {
    sid           = "Telephones"
    actions       = ["sns:Publish"]
    not_resources = ["arn:${local.partition}:sns:*:*:*"]
  }

  # Enhanced monitoring writes to a log group that RDS names.
  statement {
    sid       = "DatabaseMonitoring"
    actions   = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents", "logs:PutRetentionPolicy"]
    resources = ["${local.here.logs}log-group:RDS*"]
  }
}
