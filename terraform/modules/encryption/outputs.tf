output "data_key_arn" {
  description = "Key of what is kept: logs, topics, queues, secrets, tables, buckets, images, database."
  value       = aws_kms_key.data.arn
}

output "commands_key_arn" {
  description = "Key of queues that carry tokens."
  value       = aws_kms_key.commands.arn
}

# Written out rather than read from what is made: policies that name them are whole in a first plan.
output "aliases" {
  description = "Aliases of both keys, for policies that allow a key by kms:ResourceAliases."
  value       = [local.data_alias, local.commands_alias]
}

output "data_key_alias" {
  description = "Alias of the data key."
  value       = local.data_alias
}

output "commands_key_alias" {
  description = "Alias of the commands key."
  value       = local.commands_alias
}
