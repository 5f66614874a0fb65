//! Label selectors, by the rules of the Kubernetes API.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;

/// Whether `labels` meet the selector. An empty selector selects everything; an unknown operator nothing.
pub(super) fn matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    let expressions = selector.match_expressions.iter().flatten().all(|requirement| {
        let value = labels.get(&requirement.key);
        let listed = || value.is_some_and(|value| requirement.values.iter().flatten().any(|it| it == value));
        match requirement.operator.as_str() {
            "In" => listed(),
            "NotIn" => !listed(),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    });
    equal && expressions
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelectorRequirement;

    #[test]
    fn every_operator_follows_the_kubernetes_api() {
        let labels: BTreeMap<String, String> = [("a".to_owned(), "1".to_owned())].into();
        for (operator, key, values, expected) in [
            ("In", "a", vec!["1", "2"], true),
            ("In", "b", vec!["1"], false),
            ("NotIn", "a", vec!["1"], false),
            ("NotIn", "b", vec!["1"], true),
            ("Exists", "a", vec![], true),
            ("DoesNotExist", "a", vec![], false),
            ("Gt", "a", vec!["0"], false),
        ] {
            let requirement = LabelSelectorRequirement {
                key: key.to_owned(),
                operator: operator.to_owned(),
                values: Some(values.into_iter().map(str::to_owned).collect()),
            };
            let selector = LabelSelector { match_expressions: Some(vec![requirement]), match_labels: None };
            assert_eq!(matches(&selector, &labels), expected, "{operator} {key}");
        }
        assert!(matches(&LabelSelector::default(), &labels));
    }
}
