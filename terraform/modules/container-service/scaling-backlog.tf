locals {
  # A metric's id begins with a small letter and has no hyphens.
  backlog_ids = { for queue in sort(keys(var.queues)) : "queue_${replace(queue, "-", "_")}" => var.queues[queue] }
}

# Messages waiting for each task, over all queues of the service.
resource "aws_appautoscaling_policy" "backlog" {
  count = var.autoscaling && var.scale.backlog_per_task != null ? 1 : 0

  name               = "${local.full_name}-backlog"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.this[0].service_namespace
  resource_id        = aws_appautoscaling_target.this[0].resource_id
  scalable_dimension = aws_appautoscaling_target.this[0].scalable_dimension

  target_tracking_scaling_policy_configuration {
    target_value       = var.scale.backlog_per_task
    scale_out_cooldown = 60
    scale_in_cooldown  = 300

    customized_metric_specification {
      dynamic "metrics" {
        for_each = local.backlog_ids

        content {
          id          = metrics.key
          return_data = false

          metric_stat {
            stat = "Average"

            metric {
              namespace   = "AWS/SQS"
              metric_name = "ApproximateNumberOfMessagesVisible"

              dimensions {
                name  = "QueueName"
                value = metrics.value
              }
            }
          }
        }
      }

      metrics {
        id          = "tasks"
        return_data = false

        metric_stat {
          stat = "Average"

          metric {
            namespace   = "ECS/ContainerInsights"
            metric_name = "RunningTaskCount"

            dimensions {
              name  = "ClusterName"
              value = var.cluster.name
            }

            dimensions {
              name  = "ServiceName"
              value = aws_ecs_service.this.name
            }
          }
        }
      }

      metrics {
        id          = "backlog"
        label       = "Messages waiting for each task"
        expression  = "(${join(" + ", [for id in keys(local.backlog_ids) : "FILL(${id}, 0)"])}) / IF(tasks > 0, tasks, 1)"
        return_data = true
      }
    }
  }
}
