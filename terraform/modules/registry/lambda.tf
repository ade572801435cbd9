data "aws_partition" "current" {}

data "aws_region" "current" {}

# A function's image is pulled by Lambda itself, when the function is made and again after it slept; on Fargate the
# execution role pulls.
resource "aws_ecr_repository_policy" "lambda" {
  for_each = aws_ecr_repository.this

  repository = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaPulls"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      Condition = {
        ArnLike = {
          "aws:SourceArn" = "arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.id}:${each.value.registry_id}:function:*"
        }
      }
    }]
  })
}
