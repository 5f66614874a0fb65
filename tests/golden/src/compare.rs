//! Where two sets of facts differ.

use serde_json::Value;

/// One place where they differ.
#[derive(Debug, Clone, PartialEq)]
pub struct Mismatch {
    /// Where, as `Secret / out / data / k`.
    pub path: String,
    /// What the recording has there; `None` for nothing.
    pub recorded: Option<Value>,
    /// What we have there.
    pub ours: Option<Value>,
}

/// Every place where the trees differ, the deepest that holds the whole difference.
pub fn compare(recorded: &Value, ours: &Value) -> Vec<Mismatch> {
    let mut found = Vec::new();
    descend(&mut found, &[], recorded, ours);
    found
}

fn descend(found: &mut Vec<Mismatch>, path: &[&str], recorded: &Value, ours: &Value) {
    match (recorded, ours) {
        (Value::Object(left), Value::Object(right)) => {
            let mut names: Vec<&String> = left.keys().chain(right.keys()).collect();
            names.sort();
            names.dedup();
            for name in names {
                let path = [path, &[name.as_str()]].concat();
                match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => descend(found, &path, left, right),
                    (left, right) => found.push(mismatch(&path, left, right)),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                let index = index.to_string();
                descend(found, &[path, &[index.as_str()]].concat(), left, right);
            }
        }
        (left, right) if left == right => {}
        (left, right) => found.push(mismatch(path, Some(left), Some(right))),
    }
}

fn mismatch(path: &[&str], recorded: Option<&Value>, ours: Option<&Value>) -> Mismatch {
    Mismatch { path: path.join(" / "), recorded: recorded.cloned(), ours: ours.cloned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_deepest_place_is_named_and_equal_parts_are_not() {
        let recorded = json!({"Secret": {"out": {"data": {"a": "1", "k": "x"}, "type": "Opaque"}}});
        let ours = json!({"Secret": {"out": {"data": {"a": "1", "k": "y"}, "type": "Opaque"}}});
        let expected =
            Mismatch { path: "Secret / out / data / k".to_owned(), recorded: Some(json!("x")), ours: Some(json!("y")) };
        assert_eq!(compare(&recorded, &ours), [expected]);
        assert_eq!(compare(&recorded, &recorded), []);
    }

    #[test]
    fn what_only_one_side_has_is_found_on_either_side() {
        let found = compare(&json!({"a": 1, "b": null}), &json!({"a": 1, "c": []}));
        assert_eq!(
            found.iter().map(|it| (it.recorded.is_some(), it.ours.is_some())).collect::<Vec<_>>(),
            [(true, false), (false, true)]
        );
    }

    #[test]
    fn lists_differ_in_the_entry_or_as_a_whole() {
        assert_eq!(compare(&json!({"a": [1, 2]}), &json!({"a": [1, 3]}))[0].path, "a / 1");
        assert_eq!(compare(&json!({"a": [1, 2]}), &json!({"a": [1]}))[0].path, "a");
        assert_eq!(compare(&json!({"a": []}), &json!({"a": {}})).len(), 1);
    }
}
