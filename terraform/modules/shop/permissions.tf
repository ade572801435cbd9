# Who may do what: from resources.json, the readers of each secret, and the consumer of each queue.
locals {
  consumer_actions = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]
  # Lambda's poller uses the function's role and looks at the queue's settings.
  poller_actions = ["sqs:GetQueueAttributes"]

  marketing_sender = coalesce(var.mail.marketing_sender, var.mail.sender)
  sender           = [{ test = "StringEquals", variable = "ses:FromAddress", values = distinct([var.mail.sender, local.marketing_sender]) }]

  granted = {
    for service in keys(local.services) : service => [
      for permission in local.resources.permissions : {
        actions = permission.actions
        resources = compact(flatten([
          lookup(permission, "topic", null) == null ? [] : [local.arns.topics[permission.topic]],
          lookup(permission, "queue", null) == null ? [] : [local.arns.queues[permission.queue]],
          lookup(permission, "every_queue", false) ? [for arn in values(local.arns.queues) : [arn, "${arn}-dlq"]] : [],
          # An index of a table is a resource of its own.
          lookup(permission, "table", null) == null ? [] : [local.arns.tables[permission.table], "${local.arns.tables[permission.table]}/index/*"],
          lookup(permission, "bucket", null) == null ? [] : ["${local.arns.buckets[permission.bucket]}/*"],
          lookup(permission, "mail", false) ? local.arns.mail : [],
          lookup(permission, "account", false) ? ["*"] : [],
        ]))
        conditions = lookup(permission, "mail", false) ? local.sender : []
      } if permission.service == service
    ]
  }

  permissions = {
    for service in keys(local.services) : service => concat(
      local.granted[service],
      [
        for queue in keys(local.queues[service]) : {
          actions    = concat(local.consumer_actions, local.runtimes[service] == "lambda" ? local.poller_actions : [])
          resources  = [local.arns.queues[queue]]
          conditions = []
        }
      ],
      [{
        actions    = ["secretsmanager:GetSecretValue"]
        resources  = [for secret in local.resources.secrets : local.arns.secrets[secret.name] if contains(secret.readers, service)]
        conditions = []
      }],
    )
  }
}
