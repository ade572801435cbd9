output "shop" {
  description = "What a person needs to know of this environment."
  value       = module.shop
}
