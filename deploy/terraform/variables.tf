variable "issuer_url" {
  description = "Address of the cluster's issuer of ServiceAccount tokens, as in `kubectl get --raw /.well-known/openid-configuration`."
  type        = string

  validation {
    condition     = startswith(var.issuer_url, "https://")
    error_message = "AWS only trusts issuers whose address begins with https://."
  }
}

variable "secret_arns" {
  description = "ARNs of the secrets that may be read; * stands for anything, as in arn:aws:secretsmanager:us-west-2:123456789012:secret:team-a/*."
  type        = list(string)

  validation {
    condition     = length(var.secret_arns) > 0
    error_message = "Name at least one secret, or there is nothing to read."
  }
}

variable "name" {
  description = "Name of the role and of its policy."
  type        = string
  default     = "external-secrets"
}

variable "namespace" {
  description = "Namespace of the controller."
  type        = string
  default     = "external-secrets"
}

variable "service_account" {
  description = "ServiceAccount of the controller."
  type        = string
  default     = "external-secrets"
}

variable "oidc_provider_arn" {
  description = "ARN of the IAM OIDC provider of the issuer, where there is one already, as on most EKS clusters; null makes one."
  type        = string
  default     = null
}

variable "kms_key_arns" {
  description = "ARNs of the keys that secrets are encrypted with, where these are not AWS's own."
  type        = list(string)
  default     = []
}

variable "find_secrets" {
  description = "Allow listing the names of all secrets, which dataFrom.find needs, and reading those that may be read in batches."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}
}
