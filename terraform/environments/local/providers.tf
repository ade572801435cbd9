# The emulator; `make terraform-apply-local` starts one and names it in AWS_ENDPOINT_URL.
provider "aws" {
  region                      = var.region
  access_key                  = "test"
  secret_key                  = "test"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_region_validation      = true
  # The emulator knows its account, and SES builds an ARN with it.
  skip_requesting_account_id = false
}
