variable "shop" {
  description = "Short name of the shop, unique in the world: bucket names begin with it."
  type        = string
}

variable "account_id" {
  description = "The AWS account this environment lives in; another one is refused."
  type        = string
}

variable "region" {
  description = "The AWS region."
  type        = string
}

variable "size" {
  description = "S, M or L."
  type        = string
  default     = "S"
}

variable "zones" {
  description = "Availability zones to use; empty takes the region's first ones."
  type        = list(string)
  default     = []
}

variable "images" {
  description = "Container images by digest; `make push` writes images.auto.tfvars.json."
  type        = map(string)
}

variable "architecture" {
  description = "Processor of the images: ARM64 or X86_64."
  type        = string
  default     = "X86_64"
}

variable "runtimes" {
  description = "Services that run on Lambda: { order = \"lambda\" }; all others run on Fargate."
  type        = map(string)
  default     = {}
}

variable "settings" {
  description = "What the shop is, and what its invoices print."
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
}

variable "domain" {
  description = "Name the API answers to, and its Route 53 zone."
  type        = object({ name = string, zone_id = string })
  default     = null
}

variable "browser_origins" {
  description = "Origins of the pages with which staff upload pictures, as https://admin.example.com; empty: the API's own."
  type        = list(string)
  default     = []
}

variable "mail" {
  description = "The domain that mail is sent from, the sender, the sender of marketing (the same without one), and the domain's Route 53 zone if it is there."
  type        = object({ domain = string, sender = string, marketing_sender = optional(string), zone_id = optional(string) })
}

variable "payment_providers" {
  description = "Payment providers that are on: [\"stripe\"], whose keys are written into the secret payments/stripe by hand."
  type        = list(string)
  default     = []
}

variable "stripe_account" {
  description = "The account at Stripe (acct_…) that the secret key must be of; not checked without it."
  type        = string
  default     = null
}

variable "cache" {
  description = "Makes a Valkey cluster, by which processes share rate limits and wake each other; without it DynamoDB and polling do."
  type        = bool
  default     = false
}

variable "started" {
  description = "False for the first apply: no task runs until the secrets have values and the databases exist."
  type        = bool
  default     = true
}

variable "offline" {
  description = "For `make terraform-check` alone: the provider asks AWS for nothing."
  type        = bool
  default     = false
}
