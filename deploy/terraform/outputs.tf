output "role_arn" {
  description = "ARN of the role that the controller logs in to."
  value       = aws_iam_role.controller.arn
}

output "oidc_provider_arn" {
  description = "ARN of the OIDC provider."
  value       = local.provider_arn
}

output "helm_values" {
  description = "Values for the chart: the ServiceAccount that the role trusts, and the role, as EKS's webhook reads it."
  value = yamlencode({
    serviceAccount = {
      name        = var.service_account
      annotations = { "eks.amazonaws.com/role-arn" = aws_iam_role.controller.arn }
    }
  })
}
