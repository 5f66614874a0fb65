{{/*
Names and labels. A "program" is a dict of `root` (the chart's context), `suffix` ("", "-webhook" or "-cert-controller") and `values` (the
program's block of values; the controller's is the root of them).
*/}}

{{- define "eso.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "eso.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "eso.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride }}
{{- end }}

{{/* Name of a program's objects. */}}
{{- define "eso.programName" -}}
{{- printf "%s%s" (include "eso.fullname" .root) .suffix }}
{{- end }}

{{/* Labels that select a program's pods. Deployments cannot change theirs, so these are the ones that were always used. */}}
{{- define "eso.selector" -}}
app.kubernetes.io/name: {{ include "eso.name" .root }}{{ .suffix }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* Labels of a program's objects. */}}
{{- define "eso.labels" -}}
{{- $labels := include "eso.selector" . | fromYaml }}
{{- $_ := set $labels "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- $_ := set $labels "app.kubernetes.io/version" .root.Chart.AppVersion }}
{{- $_ := set $labels "app.kubernetes.io/managed-by" .root.Release.Service }}
{{- toYaml (merge $labels .root.Values.commonLabels) }}
{{- end }}

{{/* Name of a program's ServiceAccount. */}}
{{- define "eso.serviceAccount" -}}
{{- $created := ternary (include "eso.fullname" .root) (printf "external-secrets%s" .suffix) (empty .suffix) }}
{{- default (ternary $created "default" .values.serviceAccount.create) .values.serviceAccount.name }}
{{- end }}

{{/* Whether rights and work are limited to one namespace: "true" or nothing. */}}
{{- define "eso.scoped" -}}
{{- if and .Values.scopedNamespace .Values.scopedRBAC }}true{{ end }}
{{- end }}

{{/* Whether the cert-controller runs: "true" or nothing. It has no work without the webhook, and none with cert-manager. */}}
{{- define "eso.certController" -}}
{{- if and .Values.certController.create .Values.webhook.create (not .Values.webhook.certManager.enabled) }}true{{ end }}
{{- end }}

{{/* Host name of the webhook's Service, which its certificate must bear. */}}
{{- define "eso.webhookHost" -}}
{{- printf "%s-webhook.%s.svc" (include "eso.fullname" .) (include "eso.namespace" .) }}
{{- end }}
