output "backend" {
  description = "The backend.hcl of each environment: terraform output -json backend | jq -r .prod > ../environments/prod/backend.hcl"
  value = {
    for environment in var.environments : environment => <<-EOT
      bucket     = "${aws_s3_bucket.state.bucket}"
      region     = "${var.region}"
      kms_key_id = "${aws_kms_key.state.arn}"
    EOT
  }
}

output "roles" {
  description = "Roles that GitHub's workflows take, by environment: plan (from the GitHub environment ENV-plan), apply and deploy (from ENV)."
  value = {
    for environment in var.environments : environment => {
      plan   = aws_iam_role.plan[environment].arn
      apply  = aws_iam_role.apply[environment].arn
      deploy = aws_iam_role.deploy[environment].arn
    }
  }
}

output "workload_boundary_arn" {
  description = "What no role of an environment goes beyond."
  value       = aws_iam_policy.workload.arn
}

output "repositories" {
  description = "Where images are pushed, by service."
  value       = module.registry.urls
}
