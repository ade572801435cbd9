output "shop" {
  description = "What was made."
  value       = module.shop
}
