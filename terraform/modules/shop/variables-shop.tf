variable "settings" {
  description = "What the shop is: its name, currency (ISO 4217), time zone (IANA; decides an invoice's year), the language of messages to whoever told none (BCP 47), what invoices print, who is told about the stock, and the SNS platform applications of its apps."
  type = object({
    name             = string
    currency         = optional(string, "EUR")
    time_zone        = optional(string, "UTC")
    locale           = optional(string, "en")
    address          = string
    tax_id           = string
    operations_email = optional(string)
    push = optional(object({
      fcm_application_arn  = optional(string)
      apns_application_arn = optional(string)
    }), {})
  })

  validation {
    condition     = can(regex("^[A-Z]{3}$", var.settings.currency))
    error_message = "settings.currency has three capital letters (ISO 4217)."
  }
}

variable "domain" {
  description = "Name the API answers to and its Route 53 zone: { name = \"api.example.com\", zone_id = \"Z…\" }. The certificate is made and renewed by itself."
  type = object({
    name    = string
    zone_id = string
  })
  default = null
}

variable "certificate_arn" {
  description = "An ACM certificate of yours, where the domain's zone is not in Route 53; then public_url is needed too."
  type        = string
  default     = null
}

variable "public_url" {
  description = "Base of every mailed link, and issuer of the tokens. The default is the domain's https:// address, or the load balancer's without one."
  type        = string
  default     = null

  validation {
    condition     = var.certificate_arn == null || var.public_url != null
    error_message = "With certificate_arn say public_url too: the name that the certificate is for."
  }
}

variable "browser_origins" {
  description = "Origins of pages that call the API from a browser, and with which staff upload pictures, as https://admin.example.com; empty: no page of another origin calls it, and pictures come from that of public_url."
  type        = list(string)
  default     = []
}

variable "mail" {
  description = "The domain that mail is sent from, the sender, the sender of marketing (the same without one; best an address of a subdomain, which keeps a reputation of its own), and the domain's Route 53 zone if it is there (then DKIM, SPF and DMARC are set up)."
  type = object({
    domain           = string
    sender           = string
    marketing_sender = optional(string)
    zone_id          = optional(string)
  })

  validation {
    condition     = endswith(var.mail.sender, "@${var.mail.domain}")
    error_message = "mail.sender is an address of mail.domain: SES sends from verified domains only."
  }

  validation {
    condition     = var.mail.marketing_sender == null ? true : can(regex("[@.]${replace(var.mail.domain, ".", "\\.")}$", var.mail.marketing_sender))
    error_message = "mail.marketing_sender is an address of mail.domain or of a subdomain: SES sends from verified domains only."
  }
}

variable "payment_providers" {
  description = "Payment providers that are on: stripe, whose keys are written into the secret payments/stripe by hand. The test provider is for a developer's machine only, so it is refused here as the program refuses it."
  type        = list(string)
  default     = []

  validation {
    condition     = !contains(var.payment_providers, "test")
    error_message = "The test provider would let anybody pay with nothing: it runs in APP_ENV local and test only."
  }
}

variable "stripe_account" {
  description = "The account at Stripe (acct_…) that the secret key must be of; not checked without it."
  type        = string
  default     = null
}

variable "require_verified_email" {
  description = "Whether a sign-in needs a proven address."
  type        = bool
  default     = true
}

variable "log_level" {
  description = "error, warn, info, debug, or a filter such as order=debug,warn."
  type        = string
  default     = "info"
}

variable "traces" {
  description = "Base address of an OpenTelemetry collector (OTLP over HTTP), and the share of traces that are recorded; none are sent without it."
  type = object({
    endpoint = string
    share    = optional(number, 0.1)
  })
  default = null
}

variable "rate_limit_scale" {
  description = "Multiplies every rate limit of the gateway."
  type        = number
  default     = 1
}

variable "cache" {
  description = "Makes a Valkey cluster: gateways and the user service count through it, and processes hear of revoked sessions and changed orders by it. DynamoDB and polling do without."
  type        = bool
  default     = false
}

variable "search" {
  description = "Makes an OpenSearch domain. Its address is an output; no service reads one yet."
  type        = bool
  default     = false
}

variable "protected" {
  description = "Whether what holds data refuses to be destroyed; false only where all of it may go."
  type        = bool
  default     = true
}

variable "emulated" {
  description = "True in environments/local only: leaves out what the emulator does not support (application autoscaling, Cloud Map's DNS services, SES MAIL FROM), and takes images by tag."
  type        = bool
  default     = false
}
