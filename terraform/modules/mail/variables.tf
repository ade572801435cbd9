variable "name" {
  description = "Name of the environment, as acme-prod; the configuration set's too."
  type        = string
}

variable "domain" {
  description = "Domain that mail is sent from."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "domain is a domain in small letters, as acme.example."
  }
}

variable "zone_id" {
  description = "The domain's Route 53 zone: its records are made there. Null leaves them to dns_records."
  type        = string
  default     = null
}

variable "events_topic_arn" {
  description = "Topic that is told what became of each mail."
  type        = string
}

variable "dmarc_policy" {
  description = "What receivers do with mail in the domain's name that neither DKIM nor SPF proves: none, quarantine, reject. Others who send for the domain must be signed before it is stricter than none."
  type        = string
  default     = "quarantine"

  validation {
    condition     = contains(["none", "quarantine", "reject"], var.dmarc_policy)
    error_message = "dmarc_policy is none, quarantine or reject (RFC 7489)."
  }
}

variable "mail_from" {
  description = "Whether bounces come to mail.DOMAIN, so that SPF counts for the domain too. Off in environments/local only: the emulator has no MAIL FROM."
  type        = bool
  default     = true
}
