{{/* Written by `cargo xtask gen` from the rights that are declared in xtask. Do not edit. */}}

{{- define "eso.rules.controller" -}}
# the objects that are reconciled
- apiGroups:
  - external-secrets.io
  resources:
  - externalsecrets
  verbs:
  - get
  - list
  - watch
# the finalizer of ExternalSecrets whose deletion has an effect of its own
- apiGroups:
  - external-secrets.io
  resources:
  - externalsecrets
  verbs:
  - update
  - patch
# conditions and refresh times
- apiGroups:
  - external-secrets.io
  resources:
  - externalsecrets/status
  verbs:
  - get
  - update
  - patch
{{- if .Values.openshiftFinalizers }}
# being the owner of Secrets, where that takes a right
- apiGroups:
  - external-secrets.io
  resources:
  - externalsecrets/finalizers
  verbs:
  - update
{{- end }}
{{- if .Values.processSecretStore }}
# the stores of a namespace
- apiGroups:
  - external-secrets.io
  resources:
  - secretstores
  verbs:
  - get
  - list
  - watch
{{- end }}
{{- if .Values.processSecretStore }}
# their conditions
- apiGroups:
  - external-secrets.io
  resources:
  - secretstores/status
  verbs:
  - get
  - update
  - patch
{{- end }}
{{- if and .Values.processClusterStore (not (include "eso.scoped" .)) }}
# the stores of the whole cluster
- apiGroups:
  - external-secrets.io
  resources:
  - clustersecretstores
  verbs:
  - get
  - list
  - watch
{{- end }}
{{- if and .Values.processClusterStore (not (include "eso.scoped" .)) }}
# their conditions
- apiGroups:
  - external-secrets.io
  resources:
  - clustersecretstores/status
  verbs:
  - get
  - update
  - patch
{{- end }}
# the Secrets that are written, and the credentials that stores refer to
- apiGroups:
  - ""
  resources:
  - secrets
  verbs:
  - get
  - list
  - watch
  - create
  - update
  - patch
  - delete
# ConfigMaps that hold templates, and CA certificates that stores refer to
- apiGroups:
  - ""
  resources:
  - configmaps
  verbs:
  - get
  - list
  - watch
{{- if not (include "eso.scoped" .) }}
# labels of namespaces, for the conditions of ClusterSecretStores
- apiGroups:
  - ""
  resources:
  - namespaces
  verbs:
  - get
  - list
  - watch
{{- end }}
# annotations of ServiceAccounts that stores refer to
- apiGroups:
  - ""
  resources:
  - serviceaccounts
  verbs:
  - get
{{- if .Values.rbac.serviceAccountTokenCreate }}
# tokens of those ServiceAccounts, to log in at a backend
- apiGroups:
  - ""
  resources:
  - serviceaccounts/token
  verbs:
  - create
{{- end }}
# events on the objects that are reconciled
- apiGroups:
  - ""
  resources:
  - events
  verbs:
  - create
  - patch
{{- end }}

{{- define "eso.rules.controllerOwn" -}}
# the lease that keeps a second controller waiting
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - get
  - create
  - update
{{- end }}

{{- define "eso.rules.certController" -}}
# the CA of our own definitions, where they have a conversion webhook
- apiGroups:
  - apiextensions.k8s.io
  resourceNames:
  - externalsecrets.external-secrets.io
  - secretstores.external-secrets.io
  - clustersecretstores.external-secrets.io
  resources:
  - customresourcedefinitions
  verbs:
  - get
  - patch
# which CA they hold
- apiGroups:
  - admissionregistration.k8s.io
  resources:
  - validatingwebhookconfigurations
  verbs:
  - list
  - watch
# the CA of the webhook's certificate
- apiGroups:
  - admissionregistration.k8s.io
  resourceNames:
  - secretstore-validate
  - externalsecret-validate
  resources:
  - validatingwebhookconfigurations
  verbs:
  - update
# events on what could not be written
- apiGroups:
  - ""
  resources:
  - events
  verbs:
  - create
  - patch
{{- end }}

{{- define "eso.rules.certControllerOwn" -}}
# the webhook's certificate, and no other Secret
- apiGroups:
  - ""
  resourceNames:
  - {{ include "eso.fullname" . }}-webhook
  resources:
  - secrets
  verbs:
  - get
  - list
  - watch
  - patch
# whether the webhook answers
- apiGroups:
  - discovery.k8s.io
  resources:
  - endpointslices
  verbs:
  - list
  - watch
# the lease that keeps a second cert-controller waiting
- apiGroups:
  - coordination.k8s.io
  resources:
  - leases
  verbs:
  - get
  - create
  - update
{{- end }}

{{- define "eso.rules.metricsReaders" -}}
# who asks for metrics
- apiGroups:
  - authentication.k8s.io
  resources:
  - tokenreviews
  verbs:
  - create
# whether they may
- apiGroups:
  - authorization.k8s.io
  resources:
  - subjectaccessreviews
  verbs:
  - create
{{- end }}

{{- define "eso.rules.view" -}}
- apiGroups:
  - external-secrets.io
  resources:
  - clustersecretstores
  - externalsecrets
  - secretstores
  verbs:
  - get
  - list
  - watch
{{- end }}

{{- define "eso.rules.edit" -}}
- apiGroups:
  - external-secrets.io
  resources:
  - clustersecretstores
  - externalsecrets
  - secretstores
  verbs:
  - create
  - delete
  - deletecollection
  - patch
  - update
{{- end }}

{{- define "eso.rules.serviceBinding" -}}
- apiGroups:
  - external-secrets.io
  resources:
  - externalsecrets
  verbs:
  - get
  - list
  - watch
{{- end }}
