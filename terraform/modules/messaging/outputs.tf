# SES and S3 try a topic or queue out when they are told of it: its policy must be there.
output "topic_arns" {
  description = "Topics by logical name."
  value       = { for name, topic in aws_sns_topic.this : name => topic.arn }
  depends_on  = [aws_sns_topic_policy.this]
}

output "queue_arns" {
  description = "Queues by logical name."
  value       = { for name, queue in aws_sqs_queue.this : name => queue.arn }
  depends_on  = [aws_sqs_queue_policy.this]
}

output "queue_urls" {
  description = "Addresses of the queues, by logical name."
  value       = { for name, queue in aws_sqs_queue.this : name => queue.url }
}

output "queue_names" {
  description = "Full names of the queues, by logical name, as metrics have them."
  value       = { for name, queue in aws_sqs_queue.this : name => queue.name }
}

output "dead_letter_queue_arns" {
  description = "Dead-letter queues, by the logical name of the queue."
  value       = { for name, queue in aws_sqs_queue.dead_letter : name => queue.arn }
}

output "dead_letter_queue_names" {
  description = "Full names of the dead-letter queues, by the logical name of the queue."
  value       = { for name, queue in aws_sqs_queue.dead_letter : name => queue.name }
}
