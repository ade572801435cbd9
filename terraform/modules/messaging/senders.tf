# Who may send to a queue beside the services, which may by their roles' policies.
data "aws_iam_policy_document" "queue" {
  for_each = local.queues

  source_policy_documents = [data.aws_iam_policy_document.only_tls[each.key].json]

  dynamic "statement" {
    for_each = each.value.subscription == null ? [] : [local.topic_arns[each.value.subscription.topic]]

    content {
      sid       = "Topic"
      actions   = ["sqs:SendMessage"]
      resources = [local.queue_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = ["sns.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value]
      }
    }
  }

  dynamic "statement" {
    for_each = length(lookup(var.bucket_queues, each.key, [])) == 0 ? [] : [var.bucket_queues[each.key]]

    content {
      sid       = "Buckets"
      actions   = ["sqs:SendMessage"]
      resources = [local.queue_arns[each.key]]

      principals {
        type        = "Service"
        identifiers = ["s3.amazonaws.com"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [for bucket in statement.value : var.bucket_arns[bucket]]
      }

      # A bucket's ARN names no account: one that is deleted can come back as somebody else's.
      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [var.account_id]
      }
    }
  }
}

data "aws_iam_policy_document" "only_tls" {
  for_each = merge(local.queue_arns, { for name, arn in local.dead_letter_queue_arns : "${name}-dlq" => arn })

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  for_each = local.queues

  queue_url = aws_sqs_queue.this[each.key].id
  policy    = data.aws_iam_policy_document.queue[each.key].json
}

resource "aws_sqs_queue_policy" "dead_letter" {
  for_each = local.queues

  queue_url = aws_sqs_queue.dead_letter[each.key].id
  policy    = data.aws_iam_policy_document.only_tls["${each.key}-dlq"].json
}
