# A role in AWS for the controller, without any stored credential: AWS trusts the tokens that Kubernetes gives to its ServiceAccount.

locals {
  issuer       = trimprefix(var.issuer_url, "https://")
  subject      = "system:serviceaccount:${var.namespace}:${var.service_account}"
  provider_arn = var.oidc_provider_arn != null ? var.oidc_provider_arn : aws_iam_openid_connect_provider.cluster[0].arn

  # This ServiceAccount and no other, with a token that is meant for AWS.
  trust_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ServiceAccount"
        Effect    = "Allow"
        Action    = "sts:AssumeRoleWithWebIdentity"
        Principal = { Federated = local.provider_arn }
        Condition = {
          StringEquals = {
            "${local.issuer}:sub" = local.subject
            "${local.issuer}:aud" = "sts.amazonaws.com"
          }
        }
      }
    ]
  }

  reading = [
    {
      Sid      = "Read"
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]
      Resource = var.secret_arns
    }
  ]

  # AWS knows no narrower resource for these two; values still come only from the secrets above.
  finding = [
    {
      Sid      = "Find"
      Effect   = "Allow"
      Action   = ["secretsmanager:ListSecrets", "secretsmanager:BatchGetSecretValue"]
      Resource = "*"
    }
  ]

  decrypting = [
    {
      Sid      = "Decrypt"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = var.kms_key_arns
    }
  ]

  permission_policy = {
    Version = "2012-10-17"
    Statement = concat(
      local.reading,
      [for statement in local.finding : statement if var.find_secrets],
      [for statement in local.decrypting : statement if length(var.kms_key_arns) > 0]
    )
  }
}

resource "aws_iam_openid_connect_provider" "cluster" {
  count = var.oidc_provider_arn == null ? 1 : 0

  url            = var.issuer_url
  client_id_list = ["sts.amazonaws.com"]
  tags           = var.tags
}

resource "aws_iam_role" "controller" {
  name               = var.name
  description        = "Reads secrets for the cluster whose issuer is ${local.issuer}"
  assume_role_policy = jsonencode(local.trust_policy)
  tags               = var.tags
}

resource "aws_iam_role_policy" "controller" {
  name   = var.name
  role   = aws_iam_role.controller.id
  policy = jsonencode(local.permission_policy)
}
