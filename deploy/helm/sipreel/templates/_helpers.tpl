{{- /* What selects the pods of a release; the component is added where it is used. */}}
{{- define "sipreel.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "sipreel.labels" -}}
{{ include "sipreel.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "sipreel.secret" -}}
{{ if .Values.configSecret }}{{ .Values.configSecret }}{{ else }}{{ .Release.Name }}-config{{ end }}
{{- end }}

{{- /* The configuration, with what the chart knows: its own parts, ports and places. */}}
{{- define "sipreel.config" -}}
{{ mergeOverwrite (deepCopy .Values.config) (dict
  "data" (dict "dir" "/var/lib/sipreel")
  "sip" (dict "drachtio" (list (dict "address" "127.0.0.1:9022" "secret" .Values.drachtioSecret)))
  "rtpengine" (dict "servers" (list "127.0.0.1:22222"))
  "http" (dict
    "listen" (printf "0.0.0.0:%v" .Values.httpPort)
    "worker_listen" (ternary (printf "0.0.0.0:%v" .Values.httpPort) "" (ne .Values.sharedClaim "")))
  "encode" (dict "queue" (ternary "cluster" "" (ne .Values.sharedClaim "")))
) | toYaml }}
{{- end }}

{{- /* A change of the configuration restarts what has read it. */}}
{{- define "sipreel.annotations" -}}
sipreel.io/config: {{ include "sipreel.config" . | sha256sum }}
{{- end }}

{{- /* What all pods have. */}}
{{- define "sipreel.pod" -}}
automountServiceAccountToken: false
{{- with .Values.serviceAccount }}
serviceAccountName: {{ . | quote }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- /* What a container of sipreel may. */}}
{{- define "sipreel.security" -}}
runAsNonRoot: true
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "sipreel.mounts" -}}
- { name: config, mountPath: /etc/sipreel, readOnly: true }
- { name: data, mountPath: /var/lib/sipreel }
- { name: tmp, mountPath: /tmp }
{{- end }}

{{- define "sipreel.volumes" -}}
- name: config
  secret: { secretName: {{ include "sipreel.secret" . | quote }}, items: [{ key: sipreel.yaml, path: sipreel.yaml }] }
- { name: tmp, emptyDir: {} }
{{- if .Values.sharedClaim }}
- name: data
  persistentVolumeClaim: { claimName: {{ .Values.sharedClaim | quote }} }
{{- end }}
{{- end }}
