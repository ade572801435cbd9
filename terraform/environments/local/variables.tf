variable "shop" {
  description = "Part of every name."
  type        = string
  default     = "cartwright"
}

variable "region" {
  description = "The emulator's region."
  type        = string
  default     = "us-east-1"
}
