//! A config file as people write them: thirty keys, twenty different functions.

use eso_template::{MissingKey, Table};

use crate::data::Data;
use crate::oracle::Question;

const TEXT: &str = r#"# rendered for {{ .environment | upper }}
[server]
host = {{ .host | quote }}
port = {{ .port | default "8080" }}
url = "https://{{ .host | trimSuffix "." }}:{{ .port }}/{{ .path | trimPrefix "/" }}"
name = {{ printf "%s-%s" .app .environment | lower | trunc 40 | quote }}
title = {{ .title | title | squote }}
[database]
{{- if eq .engine "postgres" }}
dsn = "postgres://{{ .db_user }}:{{ .db_password | urlquery }}@{{ .db_host }}:{{ .db_port }}/{{ .db_name }}?sslmode={{ .sslmode }}"
{{- else }}
dsn = "{{ .engine }}://{{ .db_host }}"
{{- end }}
pool = {{ add (int .pool_min) (int .pool_extra) }}
timeout = {{ mul (int .timeout) 1000 }}
schema = {{ regexReplaceAll "[^a-z0-9]+" .schema "_" }}
[auth]
token = {{ .token | b64enc }}
secret = {{ .secret | b64dec | quote }}
{{- with .issuer }}
issuer = {{ . | trim | quote }}
{{- end }}
audience = [{{ range $i, $a := splitList "," .audiences }}{{ if $i }}, {{ end }}{{ $a | trim | quote }}{{ end }}]
admins = {{ .admins | splitList ";" | join "," | quote }}
[features]
{{- range $name := splitList " " .features }}
{{ $name | snakecase }} = true
{{- end }}
{{- $labels := dict "app" .app "env" .environment "team" .team }}
labels = {{ $labels | toJson }}
[smtp]
server = {{ coalesce .smtp_server "localhost" }}
from = {{ .smtp_from | replace " " "" }}
user = {{ .smtp_user }}
password = {{ .smtp_password | quote }}
[cert]
ca = |
{{ .ca | indent 2 }}
{{- if and .tls_key (ne .tls_mode "off") }}
key = {{ .tls_key | nindent 2 }}
{{- end }}
"#;

const KEYS: [(&str, &str); 30] = [
    ("environment", "production"),
    ("host", "orders.internal.example.com."),
    ("port", "8443"),
    ("path", "/api/v2"),
    ("app", "Orders-Service"),
    ("title", "the orders service"),
    ("engine", "postgres"),
    ("db_user", "orders"),
    ("db_password", "p@ss w0rd/&?"),
    ("db_host", "db-7.internal"),
    ("db_port", "5432"),
    ("db_name", "orders"),
    ("sslmode", "verify-full"),
    ("pool_min", "5"),
    ("pool_extra", "15"),
    ("timeout", "30"),
    ("schema", "Orders Schema-2"),
    ("token", "0123456789abcdef0123456789abcdef"),
    ("secret", "c2VjcmV0LXZhbHVlLTEyMw=="),
    ("issuer", " https://issuer.example.com "),
    ("audiences", "api, web, batch, internal"),
    ("admins", "alice;bob;carol"),
    ("features", "fastCheckout newSearch DarkMode betaAPI"),
    ("team", "payments"),
    ("smtp_server", "smtp.example.com"),
    ("smtp_from", "Orders <orders @example.com>"),
    ("smtp_user", "mailer"),
    ("smtp_password", "m\"ail\\er"),
    ("tls_key", "-----BEGIN KEY-----\nMC4CAQAwBQYDK2VwBCIEIFake\nFakeFakeFakeFakeFakeFake\n-----END KEY-----"),
    ("tls_mode", "strict"),
];

/// The template and its data; `renders` is how often the oracle measures it.
pub fn question(renders: u32) -> Question {
    let mut texts: std::collections::BTreeMap<_, _> =
        KEYS.iter().map(|(key, value)| ((*key).to_string(), value.as_bytes().to_vec())).collect();
    texts.insert("ca".into(), "line of a certificate\n".repeat(20).into_bytes());
    Question {
        name: "config.toml".into(),
        text: TEXT.into(),
        delimiters: (String::new(), String::new()),
        missing: MissingKey::Error,
        table: Table::Eso,
        data: Data::Texts(texts),
        renders,
    }
}
