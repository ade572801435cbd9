module "messaging" {
  source = "../messaging"

  name              = local.name
  topics            = local.resources.topics
  queues            = local.resources.queues
  account_id        = var.account_id
  data_key_arn      = module.encryption.data_key_arn
  commands_key_arn  = module.encryption.commands_key_arn
  mail_events_topic = "mail-events"
  bucket_arns       = local.arns.buckets
  bucket_queues = {
    for queue in local.resources.queues : queue.name => [
      for bucket in local.resources.buckets : bucket.name
      if contains([for notification in lookup(bucket, "notifications", []) : notification.queue], queue.name)
    ]
  }
}

module "mail" {
  source = "../mail"

  name             = local.name
  domain           = var.mail.domain
  zone_id          = var.mail.zone_id
  events_topic_arn = module.messaging.topic_arns["mail-events"]
  mail_from        = !var.emulated
}
