# This root's own state stays in a file beside it: the bucket that it makes cannot hold it from the start. It holds no
# secret; keep the file, or add `backend "s3"` with key = "bootstrap/terraform.tfstate" afterwards and run
# `terraform init -migrate-state`.
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}
