output "role_arn" {
  description = "The role that the program has."
  value       = aws_iam_role.program.arn
}

output "role_name" {
  description = "Name of the role that the program has."
  value       = aws_iam_role.program.name
}

output "execution_role_arn" {
  description = "The role that ECS starts the program with: it pulls the image and writes logs. Null on Lambda, which needs none."
  value       = one(aws_iam_role.execution[*].arn)
}

output "policy_json" {
  description = "What the program may do."
  value       = data.aws_iam_policy_document.program.json
}

output "execution_policy_json" {
  description = "What the execution role may do; null on Lambda."
  value       = one(data.aws_iam_policy_document.execution[*].json)
}

output "permissions_boundary" {
  description = "The policy that the module's roles cannot go beyond, if any."
  value       = aws_iam_role.program.permissions_boundary
}
