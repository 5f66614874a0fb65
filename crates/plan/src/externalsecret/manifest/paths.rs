//! Dotted paths into an object, as `spec.containers[0].name`.

use serde_json::{Map, Value};

/// Largest index; a list grows up to it.
const LARGEST_INDEX: usize = 10_000;

/// One step into an object.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Where something is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path(Vec<Step>);

impl Path {
    /// Reads a path: names between dots, each followed by any number of `[index]`. Case is kept.
    ///
    /// Errors: what is wrong with it, in a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut steps = Vec::new();
        for segment in text.split('.') {
            let (name, indexes) = segment.split_at(segment.find('[').unwrap_or(segment.len()));
            if name.is_empty() {
                return Err("each part of a path begins with a name".to_owned());
            }
            steps.push(Step::Key(name.to_owned()));
            let mut rest = indexes;
            while !rest.is_empty() {
                let (index, after) = rest
                    .strip_prefix('[')
                    .and_then(|rest| rest.split_once(']'))
                    .ok_or("an index stands in brackets, as in list[0]")?;
                let index: usize = index.parse().map_err(|_| format!("{index:?} is not an index"))?;
                if index > LARGEST_INDEX {
                    return Err(format!("index {index} is larger than {LARGEST_INDEX}"));
                }
                steps.push(Step::Index(index));
                rest = after;
            }
        }
        Ok(Self(steps))
    }

    /// Whether it is a name and nothing else.
    pub fn is_single(&self) -> bool {
        self.0.len() == 1
    }

    /// Its first names.
    pub fn names(&self) -> Vec<&str> {
        let names = self.0.iter().map_while(|step| match step {
            Step::Key(name) => Some(name.as_str()),
            Step::Index(_) => None,
        });
        names.collect()
    }

    /// Puts a value there. Maps and lists on the way are made, lists grow with nulls. With `merge`, the members of a map are added to
    /// those of a map that is there; anything else is replaced.
    ///
    /// Errors: where something else than a map or a list is in the way.
    pub fn put(&self, root: &mut Value, value: Value, merge: bool) -> Result<(), String> {
        let mut place = root;
        for step in &self.0 {
            place = match step {
                Step::Key(name) => map(place, name)?.entry(name.clone()).or_insert(Value::Null),
                Step::Index(index) => {
                    let list = list(place, *index)?;
                    if list.len() <= *index {
                        list.resize(index + 1, Value::Null);
                    }
                    list.get_mut(*index).ok_or("an index leads nowhere")?
                }
            };
        }
        match (place, value) {
            (Value::Object(there), Value::Object(more)) if merge => there.extend(more),
            (place, value) => *place = value,
        }
        Ok(())
    }
}

fn map<'v>(place: &'v mut Value, name: &str) -> Result<&'v mut Map<String, Value>, String> {
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    let found = kind(place);
    place.as_object_mut().ok_or_else(|| format!("expected map but found {found} before {name}"))
}

fn list(place: &mut Value, index: usize) -> Result<&mut Vec<Value>, String> {
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    let found = kind(place);
    place.as_array_mut().ok_or_else(|| format!("expected array but found {found} before [{index}]"))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Path;

    fn put(root: Value, path: &str, value: Value, merge: bool) -> Result<Value, String> {
        let mut root = root;
        Path::parse(path)?.put(&mut root, value, merge)?;
        Ok(root)
    }

    #[test]
    fn parity_146_maps_on_the_way_are_made_and_those_there_are_added_to() {
        assert_eq!(put(json!({}), "spec.a.b", json!({"x": 1}), true).unwrap(), json!({"spec": {"a": {"b": {"x": 1}}}}));
        let there = json!({"spec": {"a": {"b": {"x": 1, "y": {"deep": 1}}}}});
        let merged = json!({"spec": {"a": {"b": {"x": 2, "y": {"other": 1}}}}});
        assert_eq!(put(there.clone(), "spec.a.b", json!({"x": 2, "y": {"other": 1}}), true).unwrap(), merged);
        assert_eq!(put(there, "spec.a.b", json!({"z": 3}), false).unwrap(), json!({"spec": {"a": {"b": {"z": 3}}}}));
    }

    #[test]
    fn parity_147_indexes_grow_lists_within_bounds_and_never_come_first() {
        let grown = put(json!({}), "spec.list[2].name", json!("x"), true).unwrap();
        assert_eq!(grown, json!({"spec": {"list": [null, null, {"name": "x"}]}}));
        assert_eq!(put(json!({}), "a[1][0]", json!(1), true).unwrap(), json!({"a": [null, [1]]}));
        for bad in ["[0].a", "a[10001]", "a[-1]", "a[x]", "a[0", "a[0]b", "a..b", ".a", "a.", ""] {
            assert!(Path::parse(bad).is_err(), "{bad}");
        }
        assert!(Path::parse("a[10000]").is_ok());
    }

    #[test]
    fn parity_148_case_is_kept() {
        assert_eq!(put(json!({}), "spec.valuesFrom", json!(1), true).unwrap(), json!({"spec": {"valuesFrom": 1}}));
    }

    #[test]
    fn what_is_in_the_way_is_told_by_its_kind() {
        let why = put(json!({"spec": "canary"}), "spec.a", json!(1), true).unwrap_err();
        assert_eq!(why, "expected map but found a text before a");
        assert!(put(json!({"a": {}}), "a[0]", json!(1), true).unwrap_err().contains("expected array but found a map"));
    }
}
