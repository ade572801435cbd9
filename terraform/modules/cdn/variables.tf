variable "name" {
  description = "Name of the environment, as acme-prod."
  type        = string
}

variable "bucket" {
  description = "The bucket that is read: name, ARN, regional host name. This module writes its policy."
  type        = object({ name = string, arn = string, domain_name = string })
}

variable "log_bucket_domain_name" {
  description = "Host name of the bucket of access logs; they are written under cdn/."
  type        = string
}

variable "price_class" {
  description = "From where CloudFront answers: PriceClass_100 (Europe, North America), PriceClass_200, PriceClass_All."
  type        = string
  default     = "PriceClass_100"

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "price_class is PriceClass_100, PriceClass_200 or PriceClass_All."
  }
}

variable "domain" {
  description = "A name of one's own and its ACM certificate, which CloudFront takes from us-east-1 only; null answers at CloudFront's."
  type        = object({ name = string, certificate_arn = string })
  default     = null

  validation {
    condition     = var.domain == null ? true : can(regex("^arn:[a-z-]+:acm:us-east-1:", var.domain.certificate_arn))
    error_message = "CloudFront takes certificates of us-east-1 only."
  }
}

variable "web_acl_arn" {
  description = "A firewall of scope CLOUDFRONT; null: none."
  type        = string
  default     = null
}
