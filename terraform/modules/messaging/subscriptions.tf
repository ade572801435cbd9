# Raw: a consumer reads the event itself, with its attributes, whether a topic or a service sent it.
resource "aws_sns_topic_subscription" "this" {
  for_each = { for name, queue in local.queues : name => queue.subscription if queue.subscription != null }

  topic_arn            = aws_sns_topic.this[each.value.topic].arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.this[each.key].arn
  raw_message_delivery = true
  # A list of no types would let nothing through.
  filter_policy       = length(each.value.event_types) == 0 ? null : jsonencode({ event_type = each.value.event_types })
  filter_policy_scope = length(each.value.event_types) == 0 ? null : "MessageAttributes"

  # What is published before the queue lets the topic in is lost.
  depends_on = [aws_sqs_queue_policy.this]
}
