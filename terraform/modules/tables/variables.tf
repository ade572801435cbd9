variable "name" {
  description = "Name of the environment, as acme-prod; every table begins with it and a hyphen."
  type        = string
}

variable "tables" {
  description = "Tables by logical name. Keys are strings; indexes are global and project all attributes."
  type = list(object({
    name          = string
    partition_key = string
    sort_key      = optional(string)
    ttl_attribute = optional(string)
    indexes = optional(list(object({
      name          = string
      partition_key = string
      sort_key      = optional(string)
    })), [])
  }))

  validation {
    condition     = length(distinct(var.tables[*].name)) == length(var.tables)
    error_message = "Two tables have the same name."
  }

  validation {
    condition     = alltrue([for table in var.tables : length(table.indexes) <= 20])
    error_message = "A table has 20 indexes at most (DynamoDB)."
  }

  validation {
    condition = alltrue([
      for table in var.tables : table.ttl_attribute == null ? true : !contains(concat([table.partition_key, coalesce(table.sort_key, table.partition_key)], table.indexes[*].partition_key), table.ttl_attribute)
    ])
    error_message = "ttl_attribute is a number and keys are strings: it cannot be both."
  }
}

variable "kms_key_arn" {
  description = "Key that the tables are encrypted with."
  type        = string
}

variable "point_in_time_recovery" {
  description = "Whether a table can be restored as it was at any second of the last 35 days."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether tables refuse to be deleted."
  type        = bool
  default     = true
}
