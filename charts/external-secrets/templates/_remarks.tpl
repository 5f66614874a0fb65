{{/*
One line for each value that is set and has no effect, or not the one that one would think. Each begins with the value's name, and reads as ESO's
users know it.
*/}}
{{- define "eso.remarks" -}}
{{- $v := .Values }}
{{- $bitwarden := get $v "bitwarden-sdk-server" }}
{{- if $bitwarden.enabled }}
bitwarden-sdk-server.enabled: the Bitwarden SDK server is not part of this chart; install it by itself and name its address in the store.
{{- end }}
{{- if $bitwarden.namespaceOverride }}
bitwarden-sdk-server.namespaceOverride: without effect, as the Bitwarden SDK server is not part of this chart.
{{- end }}
{{- range $name, $image := dict "image" $v.image "webhook.image" $v.webhook.image "certController.image" $v.certController.image }}
{{- if $image.flavour }}
{{ $name }}.flavour: there is one image per program and version; it holds the program and nothing else. Nothing was added to the tag.
{{- end }}
{{- if hasSuffix "external-secrets/external-secrets" $image.repository }}
{{ $name }}.repository: this looks like the image of External Secrets Operator, which does not hold this chart's programs. Take the value out, or name a copy of ours.
{{- end }}
{{- end }}
{{- if $v.crds.conversion.enabled }}
crds.conversion.enabled: nothing is converted, as all versions of a kind have the same fields.
{{- end }}
{{- $known := dict }}
{{- range $path, $_ := .Files.Glob "files/crds/*.yaml" }}
{{- $_ := set $known ($.Files.Get $path | fromYaml).spec.names.kind true }}
{{- end }}
{{- range list "ClusterExternalSecret" "ClusterGenerator" "ClusterPushSecret" "PushSecret" "ClusterSecretStore" "SecretStore" }}
{{- $switch := printf "create%s" . }}
{{- if and (not (get $v.crds $switch)) (not (hasKey $known .)) }}
crds.{{ $switch }}: this version has no {{ . }} of its own, so there is none to leave out; one that another version installed is deleted.
{{- end }}
{{- end }}
{{- if and (not $v.processClusterGenerator) (not (hasKey $known "ClusterGenerator")) }}
processClusterGenerator: this version has no ClusterGenerators, so there is nothing to switch off.
{{- end }}
{{- if $v.vault.enableTokenCache }}
vault.enableTokenCache: the flags are passed and change nothing: tokens are shared between objects of the same identity anyway.
{{- end }}
{{- if not $v.certController.enablePartialCache }}
certController.enablePartialCache: only objects that carry our label are watched in any case.
{{- end }}
{{- if and (gt (int $v.replicaCount) 1) (not $v.leaderElect) }}
replicaCount: {{ $v.replicaCount }} controllers without leaderElect all do the same work. Set leaderElect.
{{- end }}
{{- if and $v.scopedRBAC (not $v.scopedNamespace) }}
scopedRBAC: without scopedNamespace there is no namespace to limit the rights to, so they are those of the whole cluster.
{{- end }}
{{- if and $v.serviceMonitor.enabled (eq $v.serviceMonitor.renderMode "skipIfMissing") (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}
serviceMonitor.enabled: the cluster has no ServiceMonitors (monitoring.coreos.com/v1), so they were left out.
{{- end }}
{{- if and $v.certController.create (not (include "eso.certController" .)) }}
certController.create: the cert-controller is left out, as {{ ternary "cert-manager makes the certificate" "without the webhook nothing needs a certificate" $v.webhook.create }}.
{{- end }}
{{- end }}
