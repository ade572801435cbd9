mock_provider "aws" {
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }

  mock_data "aws_region" {
    defaults = { id = "eu-central-1" }
  }

  mock_resource "aws_ecr_repository" {
    defaults = { registry_id = "123456789012" }
  }
}

variables {
  repositories = ["acme/order-service", "acme/user-service"]
  kms_key_arn  = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
}

run "images_stay_what_they_are" {
  assert {
    condition     = alltrue([for repository in values(aws_ecr_repository.this) : repository.image_tag_mutability == "IMMUTABLE" && !repository.force_delete])
    error_message = "A tag cannot be moved, and a repository with images cannot be deleted."
  }

  assert {
    condition     = alltrue([for repository in values(aws_ecr_repository.this) : repository.encryption_configuration[0].encryption_type == "KMS"])
    error_message = "Images are encrypted with the key that was given."
  }

  assert {
    condition     = [for rule in jsondecode(aws_ecr_lifecycle_policy.this["acme/order-service"].policy).rules : rule.selection.countNumber] == [7, 30]
    error_message = "Untagged images live seven days; thirty images are kept."
  }

  assert {
    condition     = jsondecode(aws_ecr_repository_policy.lambda["acme/user-service"].policy).Statement[0].Condition.ArnLike["aws:SourceArn"] == "arn:aws:lambda:eu-central-1:123456789012:function:*"
    error_message = "Lambda pulls for functions of this account and region only."
  }

  assert {
    condition     = toset(keys(output.urls)) == toset(["acme/order-service", "acme/user-service"])
    error_message = "Addresses are found by the repository's name."
  }
}

run "without_a_key_ecr_encrypts" {
  command = plan

  variables {
    kms_key_arn = null
  }

  assert {
    condition     = aws_ecr_repository.this["acme/order-service"].encryption_configuration[0].encryption_type == "AES256"
    error_message = "Without a key ECR takes its own."
  }
}

run "a_name_without_a_shop_is_refused" {
  command = plan

  variables {
    repositories = ["order-service"]
  }

  expect_failures = [var.repositories]
}

run "no_room_for_a_rollback_is_refused" {
  command = plan

  variables {
    keep_images = 1
  }

  expect_failures = [var.keep_images]
}
