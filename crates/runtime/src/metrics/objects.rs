//! Series per object, in little memory.
//!
//! One object costs its key, 48 bytes and its share of the tree: about 150 bytes beside its name, where five series of the
//! `prometheus` crate would cost several thousand.

use std::collections::{BTreeMap, btree_map};
use std::fmt::Write as _;
use std::ops::Bound;
use std::time::Duration;

/// How many objects one page of the text holds.
const PAGE: usize = 500;

/// Whether series per object carry labels of the object (flag `--enable-extended-metric-labels`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExtendedLabels {
    /// `name` and `namespace` only.
    #[default]
    Off,
    /// Six `app_kubernetes_io_*` labels more.
    On,
}

/// The kinds that have series per object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `externalsecret_*`
    ExternalSecret,
    /// `secretstore_*`
    SecretStore,
    /// `clustersecretstore_*`
    ClusterSecretStore,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Self::ExternalSecret => "externalsecret",
            Self::SecretStore => "secretstore",
            Self::ClusterSecretStore => "clustersecretstore",
        }
    }
}

/// Status of a Ready condition. An unknown one has no series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// `True`
    True,
    /// `False`
    False,
}

/// Whose series.
#[derive(Debug, Clone, Copy)]
pub struct Obj<'a> {
    /// Namespace; empty for a cluster-wide object.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
    /// `metadata.labels` where the caller has them; `None` keeps what was known. Used with [`ExtendedLabels::On`] only.
    pub labels: Option<&'a BTreeMap<String, String>>,
}

/// Object labels that become metric labels, in their spelling as metric labels. Nothing else does, so an object label can never
/// replace `name`, `namespace`, `condition` or `status` (ESO lets it, core.md B28).
const EXTENDED: [&str; 6] = [
    "app_kubernetes_io_component",
    "app_kubernetes_io_instance",
    "app_kubernetes_io_managed_by",
    "app_kubernetes_io_name",
    "app_kubernetes_io_part_of",
    "app_kubernetes_io_version",
];

/// What is kept of one object.
#[derive(Default)]
pub(super) struct Series {
    calls: u64,
    errors: u64,
    nanos: Option<std::num::NonZeroU64>,
    ready: Option<Ready>,
    /// The extended labels, ready to be written, each followed by a comma.
    extended: Option<Box<str>>,
}

impl Series {
    pub fn count_call(&mut self) {
        self.calls += 1;
    }

    pub fn count_error(&mut self) {
        self.errors += 1;
    }

    pub fn set_duration(&mut self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanos = std::num::NonZeroU64::new(nanos.max(1));
    }

    pub fn set_ready(&mut self, ready: Ready) {
        self.ready = Some(ready);
    }
}

/// `namespace/name`: one allocation for both. Neither may hold a slash.
type Key = Box<str>;

pub(super) struct Objects {
    extended: ExtendedLabels,
    external_secrets: BTreeMap<Key, Series>,
    secret_stores: BTreeMap<Key, Series>,
    cluster_secret_stores: BTreeMap<Key, Series>,
}

/// Where writing goes on.
pub(super) struct Page {
    family: usize,
    after: Option<Key>,
}

impl Page {
    pub fn first() -> Self {
        Self { family: 0, after: None }
    }
}

/// A family of series per object.
struct Family {
    kind: Kind,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Condition,
    Duration,
    Calls,
    Errors,
}

const FAMILIES: [Family; 8] = [
    Family { kind: Kind::ExternalSecret, what: What::Calls },
    Family { kind: Kind::ExternalSecret, what: What::Errors },
    Family { kind: Kind::ExternalSecret, what: What::Condition },
    Family { kind: Kind::ExternalSecret, what: What::Duration },
    Family { kind: Kind::SecretStore, what: What::Condition },
    Family { kind: Kind::SecretStore, what: What::Duration },
    Family { kind: Kind::ClusterSecretStore, what: What::Condition },
    Family { kind: Kind::ClusterSecretStore, what: What::Duration },
];

impl Objects {
    pub fn new(extended: ExtendedLabels) -> Self {
        Self {
            extended,
            external_secrets: BTreeMap::new(),
            secret_stores: BTreeMap::new(),
            cluster_secret_stores: BTreeMap::new(),
        }
    }

    pub fn update(&mut self, kind: Kind, obj: Obj<'_>, change: impl FnOnce(&mut Series)) {
        let extended = match self.extended {
            ExtendedLabels::On => obj.labels.map(extended_text),
            ExtendedLabels::Off => None,
        };
        let series = match self.map_mut(kind).entry(key(obj)) {
            btree_map::Entry::Vacant(vacant) => vacant.insert(Series::default()),
            btree_map::Entry::Occupied(occupied) => occupied.into_mut(),
        };
        if extended.is_some() {
            series.extended = extended;
        }
        change(series);
    }

    pub fn forget(&mut self, kind: Kind, obj: Obj<'_>) {
        self.map_mut(kind).remove(&key(obj));
    }

    /// Appends one page and tells where the next one begins; `None` after the last.
    pub fn write_page(&self, page: Page, text: &mut String) -> Option<Page> {
        let family = FAMILIES.get(page.family)?;
        let map = self.map(family.kind);
        let from = page.after.as_deref().map_or(Bound::Unbounded, Bound::Excluded);
        if page.after.is_none() && !map.is_empty() {
            family.write_head(text);
        }
        let mut last = None;
        for (key, series) in map.range::<str, _>((from, Bound::Unbounded)).take(PAGE) {
            family.write_series(key, series, self.extended, text);
            last = Some(key);
        }
        Some(match last {
            Some(key) => Page { family: page.family, after: Some(key.clone()) },
            None => Page { family: page.family + 1, after: None },
        })
    }

    fn map(&self, kind: Kind) -> &BTreeMap<Key, Series> {
        match kind {
            Kind::ExternalSecret => &self.external_secrets,
            Kind::SecretStore => &self.secret_stores,
            Kind::ClusterSecretStore => &self.cluster_secret_stores,
        }
    }

    fn map_mut(&mut self, kind: Kind) -> &mut BTreeMap<Key, Series> {
        match kind {
            Kind::ExternalSecret => &mut self.external_secrets,
            Kind::SecretStore => &mut self.secret_stores,
            Kind::ClusterSecretStore => &mut self.cluster_secret_stores,
        }
    }
}

impl Family {
    fn suffix(&self) -> &'static str {
        match self.what {
            What::Condition => "status_condition",
            What::Duration => "reconcile_duration",
            What::Calls => "sync_calls_total",
            What::Errors => "sync_calls_error",
        }
    }

    fn write_head(&self, text: &mut String) {
        let (prefix, suffix) = (self.kind.prefix(), self.suffix());
        let (help, kind) = match self.what {
            What::Condition => ("The status condition of the object", "gauge"),
            What::Duration => ("How long the last pass over the object took, in nanoseconds", "gauge"),
            What::Calls => ("Number of passes over the object", "counter"),
            What::Errors => ("Number of failed passes over the object", "counter"),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "# HELP {prefix}_{suffix} {help}\n# TYPE {prefix}_{suffix} {kind}");
    }

    fn write_series(&self, key: &str, series: &Series, extended: ExtendedLabels, text: &mut String) {
        let mut line = |status: Option<Ready>, value: u64| {
            let (prefix, suffix) = (self.kind.prefix(), self.suffix());
            let (namespace, name) = key.split_once('/').unwrap_or(("", key));
            // Writing to a String cannot fail. Labels are in alphabetical order, as everywhere in this format.
            let _ = write!(text, "{prefix}_{suffix}{{");
            match (&series.extended, extended) {
                (Some(extended), _) => text.push_str(extended),
                (None, ExtendedLabels::On) => text.push_str(&extended_text(&BTreeMap::new())),
                (None, ExtendedLabels::Off) => {}
            }
            if status.is_some() {
                text.push_str("condition=\"Ready\",");
            }
            let _ = write!(text, "name=\"{}\",namespace=\"{}\"", Escaped(name), Escaped(namespace));
            match status {
                Some(Ready::True) => text.push_str(",status=\"True\""),
                Some(Ready::False) => text.push_str(",status=\"False\""),
                None => {}
            }
            let _ = writeln!(text, "}} {value}");
        };
        match self.what {
            What::Calls if series.calls > 0 => line(None, series.calls),
            What::Errors if series.errors > 0 => line(None, series.errors),
            What::Calls | What::Errors => {}
            What::Duration => {
                if let Some(nanos) = series.nanos {
                    line(None, nanos.get());
                }
            }
            What::Condition => {
                if let Some(ready) = series.ready {
                    line(Some(Ready::False), u64::from(ready == Ready::False));
                    line(Some(Ready::True), u64::from(ready == Ready::True));
                }
            }
        }
    }
}

fn key(obj: Obj<'_>) -> Key {
    let mut key = String::with_capacity(obj.namespace.len() + 1 + obj.name.len());
    key.push_str(obj.namespace);
    key.push('/');
    key.push_str(obj.name);
    key.into_boxed_str()
}

fn extended_text(labels: &BTreeMap<String, String>) -> Box<str> {
    let mut text = String::new();
    for metric in EXTENDED {
        let value = labels.iter().find(|(label, _)| metric_label(label) == metric).map_or("", |(_, value)| value);
        let _ = write!(text, "{metric}=\"{}\",", Escaped(value));
    }
    text.into_boxed_str()
}

/// An object label's key as a metric label: each run of other characters than letters, digits and spaces is one `_`.
fn metric_label(label: &str) -> String {
    let mut text = String::with_capacity(label.len());
    for char in label.chars() {
        if char.is_ascii_alphanumeric() || char == ' ' {
            text.push(char);
        } else if !text.ends_with('_') {
            text.push('_');
        }
    }
    text
}

/// A label value in the text format: backslash, quote and line feed are escaped.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for char in self.0.chars() {
            match char {
                '\\' => f.write_str("\\\\")?,
                '"' => f.write_str("\\\"")?,
                '\n' => f.write_str("\\n")?,
                other => f.write_char(other)?,
            }
        }
        Ok(())
    }
}
