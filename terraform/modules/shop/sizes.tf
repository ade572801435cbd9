locals {
  sizes = {
    # One of everything: it can be gone for a minute when a zone or a machine fails.
    S = {
      zones     = 2
      nat_mode  = "single"
      database  = { min_acu = 0.5, max_acu = 2, instances = 1, backup_days = 7 }
      task      = { cpu = 256, memory = 512 }
      scale     = { min = 1, max = 3 }
      functions = { memory = 512 }
      waf_rate  = 2000
    }
    # Two of everything, in two zones.
    M = {
      zones     = 2
      nat_mode  = "per_zone"
      database  = { min_acu = 1, max_acu = 8, instances = 2, backup_days = 14 }
      task      = { cpu = 512, memory = 1024 }
      scale     = { min = 2, max = 8 }
      functions = { memory = 1024 }
      waf_rate  = 10000
    }
    L = {
      zones     = 3
      nat_mode  = "per_zone"
      database  = { min_acu = 4, max_acu = 64, instances = 3, backup_days = 35 }
      task      = { cpu = 1024, memory = 2048 }
      scale     = { min = 3, max = 24 }
      functions = { memory = 1769 }
      waf_rate  = 50000
    }
  }

  size     = local.sizes[var.size]
  nat_mode = coalesce(var.nat_mode, local.size.nat_mode)

  database = {
    min_acu   = var.database.min_acu == null ? local.size.database.min_acu : var.database.min_acu
    max_acu   = coalesce(var.database.max_acu, local.size.database.max_acu)
    instances = coalesce(var.database.instances, local.size.database.instances)
  }

  log_retention_days = var.environment == "prod" ? 400 : 365
}
