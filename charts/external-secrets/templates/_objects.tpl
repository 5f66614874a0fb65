{{/* Objects that every program has: ServiceAccount, disruption budget, network policy, and what leads to its metrics. */}}

{{- define "eso.serviceAccountObject" -}}
{{- if .values.serviceAccount.create }}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "eso.serviceAccount" . }}
  namespace: {{ include "eso.namespace" .root }}
  labels:
    {{- toYaml (mergeOverwrite (dict) .values.serviceAccount.extraLabels (include "eso.labels" . | fromYaml)) | nindent 4 }}
  {{- with .values.serviceAccount.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: {{ .values.serviceAccount.automount }}
{{- end }}
{{- end }}

{{- define "eso.podDisruptionBudget" -}}
{{- with .values.podDisruptionBudget }}
{{- if .enabled }}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ default (printf "%s-pdb" (include "eso.programName" $)) .nameOverride }}
  namespace: {{ include "eso.namespace" $.root }}
  labels:
    {{- include "eso.labels" $ | nindent 4 }}
spec:
  {{- $budget := omit . "enabled" "nameOverride" }}
  {{- if not (kindIs "invalid" .maxUnavailable) }}
  {{- $budget = omit $budget "minAvailable" }}
  {{- end }}
  {{- toYaml $budget | nindent 2 }}
  selector:
    matchLabels:
      {{- include "eso.selector" $ | nindent 6 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "eso.networkPolicy" -}}
{{- with .values.networkPolicy }}
{{- if .enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "eso.programName" $ }}
  namespace: {{ include "eso.namespace" $.root }}
  labels:
    {{- include "eso.labels" $ | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      {{- include "eso.selector" $ | nindent 6 }}
  policyTypes:
    - Ingress
    {{- if .egress }}
    - Egress
    {{- end }}
  {{- with .ingress }}
  ingress:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .egress }}
  egress:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* IP families of a Service. */}}
{{- define "eso.ipFamilies" -}}
{{- with .Values.service.ipFamilyPolicy }}
ipFamilyPolicy: {{ . }}
{{- end }}
{{- with .Values.service.ipFamilies }}
ipFamilies:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Whether metrics are reachable through a Service: "true" or nothing. A ServiceMonitor needs one. */}}
{{- define "eso.metricsService" -}}
{{- if or .values.metrics.service.enabled .root.Values.serviceMonitor.enabled }}true{{ end }}
{{- end }}

{{- define "eso.metricsServiceObject" -}}
{{- if include "eso.metricsService" . }}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "eso.programName" . }}-metrics
  namespace: {{ include "eso.namespace" .root }}
  labels:
    {{- include "eso.labels" . | nindent 4 }}
  {{- with .values.metrics.service.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: ClusterIP
  {{- include "eso.ipFamilies" .root | nindent 2 }}
  selector:
    {{- include "eso.selector" . | nindent 4 }}
  ports:
    - name: metrics
      port: {{ .values.metrics.service.port }}
      targetPort: metrics
      protocol: TCP
{{- end }}
{{- end }}

{{- define "eso.serviceMonitor" -}}
{{- $v := .root.Values.serviceMonitor }}
{{- $known := .root.Capabilities.APIVersions.Has "monitoring.coreos.com/v1" }}
{{- if and $v.enabled (not $known) (eq $v.renderMode "failIfMissing") }}
{{- fail "serviceMonitor.enabled is set, but the cluster has no ServiceMonitors (monitoring.coreos.com/v1): install the Prometheus operator, or set serviceMonitor.renderMode to skipIfMissing or alwaysRender" }}
{{- end }}
{{- if and $v.enabled (or $known (eq $v.renderMode "alwaysRender")) }}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ include "eso.programName" . }}-metrics
  namespace: {{ default (include "eso.namespace" .root) $v.namespace }}
  labels:
    {{- toYaml (mergeOverwrite (dict) (include "eso.labels" . | fromYaml) $v.additionalLabels) | nindent 4 }}
spec:
  namespaceSelector:
    matchNames:
      - {{ include "eso.namespace" .root }}
  selector:
    matchLabels:
      {{- include "eso.selector" . | nindent 6 }}
  endpoints:
    - port: metrics
      interval: {{ $v.interval }}
      scrapeTimeout: {{ $v.scrapeTimeout }}
      honorLabels: {{ $v.honorLabels }}
      {{- with $v.metricRelabelings }}
      metricRelabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $v.relabelings }}
      relabelings:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- if .values.metrics.listen.secure.enabled }}
      scheme: https
      tlsConfig:
        insecureSkipVerify: true
      {{- end }}
      {{- if .values.metrics.listen.auth.enabled }}
      bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
      {{- end }}
{{- end }}
{{- end }}
