locals {
  port = 443
}

data "aws_partition" "current" {}

# A second line behind the security group: a request is signed by a role of this account that its own policy lets in.
data "aws_iam_policy_document" "access" {
  statement {
    actions   = ["es:ESHttpDelete", "es:ESHttpGet", "es:ESHttpHead", "es:ESHttpPost", "es:ESHttpPut"]
    resources = ["arn:${data.aws_partition.current.partition}:es:${var.region}:${var.account_id}:domain/${var.name}/*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${data.aws_partition.current.partition}:iam::${var.account_id}:root"]
    }
  }
}

resource "aws_opensearch_domain" "this" {
  #checkov:skip=CKV_AWS_318:Three masters more than double the cost of an index that is made again from the database.
  #checkov:skip=CKV2_AWS_59:Dedicated masters more than double the cost of an index that is made again from the database.
  #checkov:skip=CKV_AWS_317:Audit logs belong to users inside OpenSearch; here there are none, and each request is signed by a role.
  #checkov:skip=CKV2_AWS_52:The same: who may do what is in IAM policies, not in a second list of users with passwords.
  domain_name     = var.name
  engine_version  = "OpenSearch_2.17"
  access_policies = data.aws_iam_policy_document.access.json

  cluster_config {
    instance_type          = var.instance_type
    instance_count         = var.nodes
    zone_awareness_enabled = true

    zone_awareness_config {
      availability_zone_count = var.nodes
    }
  }

  ebs_options {
    ebs_enabled = true
    volume_type = "gp3"
    volume_size = var.volume_gib
  }

  vpc_options {
    subnet_ids         = slice(var.subnet_ids, 0, var.nodes)
    security_group_ids = [aws_security_group.this.id]
  }

  encrypt_at_rest {
    enabled    = true
    kms_key_id = var.kms_key_arn
  }

  node_to_node_encryption {
    enabled = true
  }

  domain_endpoint_options {
    enforce_https       = true
    tls_security_policy = "Policy-Min-TLS-1-2-PFS-2023-10"
  }

  dynamic "log_publishing_options" {
    for_each = aws_cloudwatch_log_group.this

    content {
      log_type                 = log_publishing_options.key
      cloudwatch_log_group_arn = log_publishing_options.value.arn
    }
  }

  software_update_options {
    auto_software_update_enabled = true
  }

  depends_on = [aws_cloudwatch_log_resource_policy.this, aws_iam_service_linked_role.this]
}

resource "aws_iam_service_linked_role" "this" {
  count = var.service_linked_role ? 1 : 0

  aws_service_name = "opensearchservice.amazonaws.com"
  description      = "OpenSearch joins networks with it"
}
