{{/* What the Deployments of the three programs have in common. */}}

{{/* Image of a program. */}}
{{- define "eso.image" -}}
{{- $image := .values.image }}
{{- $repository := $image.repository }}
{{- with .root.Values.global.repository }}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (base $repository) }}
{{- end }}
{{- $tag := default .root.Chart.AppVersion $image.tag }}
{{- printf "%s%s%s" $repository (ternary "@" ":" (hasPrefix "sha256:" $tag)) $tag }}
{{- end }}

{{/* A security context without the fields that are not Kubernetes', and without ids where OpenShift chooses them. */}}
{{- define "eso.securityContext" -}}
{{- $adapt := .root.Values.global.compatibility.openshift.adaptSecurityContext }}
{{- $openshift := .root.Capabilities.APIVersions.Has "security.openshift.io/v1" }}
{{- $context := omit .context "enabled" }}
{{- if or (eq $adapt "force") (and (eq $adapt "auto") $openshift) }}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}
{{- end }}
{{- toYaml $context }}
{{- end }}

{{/* A flag in quotes; `value` may be of any type. A missing value, or an empty one, gives the bare flag. */}}
{{- define "eso.flag" -}}
{{- if kindIs "invalid" .value }}
{{- printf "--%s" .name | quote }}
{{- else if kindIs "string" .value }}
{{- ternary (printf "--%s" .name) (printf "--%s=%s" .name .value) (empty .value) | quote }}
{{- else }}
{{- printf "--%s=%s" .name (toJson .value) | quote }}
{{- end }}
{{- end }}

{{/* Flags that all programs know, and those that a user adds. */}}
{{- define "eso.commonFlags" -}}
{{- $listen := .values.metrics.listen }}
- --metrics-addr=:{{ $listen.port }}
{{- if $listen.auth.enabled }}
- --metrics-auth=true
{{- end }}
{{- if $listen.secure.enabled }}
- --metrics-secure=true
- {{ printf "--metrics-cert-dir=%s" $listen.secure.certDir | quote }}
- {{ printf "--metrics-cert-name=%s" (base $listen.secure.certFile) | quote }}
- {{ printf "--metrics-key-name=%s" (base $listen.secure.keyFile) | quote }}
{{- end }}
- --loglevel={{ .values.log.level }}
- --zap-time-encoding={{ .values.log.timeEncoding }}
{{- if .root.Values.enableHTTP2 }}
- --enable-http2=true
{{- end }}
{{- range $name, $value := .values.extraArgs }}
- {{ include "eso.flag" (dict "name" $name "value" $value) }}
{{- end }}
{{- end }}

{{/* A program's Deployment. Beside the program: `container` (name), `args`, `ports`, `probes`, and for the webhook `volumes` and `mounts`, all as YAML. */}}
{{- define "eso.deployment" -}}
{{- $v := .values }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "eso.programName" . }}
  namespace: {{ include "eso.namespace" .root }}
  labels:
    {{- include "eso.labels" . | nindent 4 }}
  {{- with $v.deploymentAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  replicas: {{ $v.replicaCount }}
  revisionHistoryLimit: {{ $v.revisionHistoryLimit }}
  selector:
    matchLabels:
      {{- include "eso.selector" . | nindent 6 }}
  {{- with $v.strategy }}
  strategy:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  template:
    metadata:
      labels:
        {{- toYaml (mergeOverwrite (dict) .root.Values.global.podLabels $v.podLabels (include "eso.labels" . | fromYaml)) | nindent 8 }}
      {{- with mergeOverwrite (dict) .root.Values.global.podAnnotations $v.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- $spec := include "eso.podSpec" . }}
      {{- with $v.podSpecExtra }}
      {{- $spec = toYaml (mergeOverwrite ($spec | fromYaml) .) }}
      {{- end }}
      {{- $spec | trim | nindent 6 }}
{{- end }}

{{- define "eso.podSpec" -}}
{{- $v := .values }}
{{- $global := .root.Values.global }}
serviceAccountName: {{ include "eso.serviceAccount" . }}
automountServiceAccountToken: {{ $v.serviceAccount.automount }}
{{- with default $global.imagePullSecrets $v.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- if $v.podSecurityContext.enabled }}
{{- with omit $v.podSecurityContext "enabled" }}
securityContext:
  {{- include "eso.securityContext" (dict "root" $.root "context" .) | nindent 2 }}
{{- end }}
{{- end }}
{{- if $v.hostNetwork }}
hostNetwork: true
{{- end }}
{{- if not (kindIs "invalid" $v.hostUsers) }}
hostUsers: {{ $v.hostUsers }}
{{- end }}
{{- include "eso.placement" . }}
{{- with $v.dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with $v.dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $v.extraInitContainers }}
initContainers:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  {{- include "eso.container" . | nindent 2 }}
  {{- with $v.extraContainers }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- $volumes := concat (default "[]" .volumes | fromYamlArray) $v.extraVolumes }}
{{- with $volumes }}
volumes:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where the pods run; begins with a line break. */}}
{{- define "eso.placement" -}}
{{- $global := .root.Values.global }}
{{- range $field := list "nodeSelector" "affinity" "tolerations" "topologySpreadConstraints" "hostAliases" }}
{{- with default (get $global $field) (get $.values $field) }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- range $field := list "priorityClassName" "schedulerName" "runtimeClassName" }}
{{- with get $.values $field }}
{{ $field }}: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "eso.container" -}}
{{- $v := .values -}}
- name: {{ .container }}
  image: {{ include "eso.image" . | quote }}
  imagePullPolicy: {{ $v.image.pullPolicy }}
  {{- if $v.securityContext.enabled }}
  securityContext:
    {{- include "eso.securityContext" (dict "root" .root "context" $v.securityContext) | nindent 4 }}
  {{- end }}
  args:
    {{- .args | trim | nindent 4 }}
    {{- include "eso.commonFlags" . | trim | nindent 4 }}
  ports:
    {{- .ports | trim | nindent 4 }}
    - name: metrics
      containerPort: {{ $v.metrics.listen.port }}
      protocol: TCP
  {{- with .probes | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  {{- with $v.extraEnv }}
  env:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with $v.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with concat (default "[]" .mounts | fromYamlArray) $v.extraVolumeMounts }}
  volumeMounts:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Probes of webhook and cert-controller. */}}
{{- define "eso.probes" -}}
{{- with .values.livenessProbe }}
{{- if .enabled }}
livenessProbe:
  {{- toYaml (omit . "enabled" "address" "port") | nindent 2 }}
  httpGet:
    path: /healthz
    port: {{ .port }}
{{- end }}
{{- end }}
{{- $port := .values.readinessProbe.port }}
{{- range $probe := list "readinessProbe" "startupProbe" }}
{{- with get $.values $probe }}
{{- if .enabled }}
{{ $probe }}:
  {{- toYaml (omit . "enabled" "address" "port") | nindent 2 }}
  httpGet:
    path: /readyz
    port: {{ $port }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
