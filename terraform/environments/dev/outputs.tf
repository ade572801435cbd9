output "shop" {
  description = "What a person needs to know of this environment."
  value       = module.shop
}

# By itself, so that it is known in a plan.
output "environment_names" {
  description = "The variables that each program is given, by service and role."
  value       = module.shop.environment_names
}
