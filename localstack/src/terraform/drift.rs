//! What a plan would change of what was just applied: on AWS nothing, on the emulator what it does not keep.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A change that is the emulator's fault.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The resource's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// As [`Change::attribute`].
    pub attribute: String,
    /// What the emulator does.
    pub reason: String,
}

/// An attribute that the plan would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// The resource's type.
    pub kind: String,
    /// `availability_zone_rebalancing`; inside of lists and of JSON `container_definitions[].environment[].value`.
    pub attribute: String,
    /// The resource.
    pub address: String,
}

/// A whole resource that would be made or removed.
const RESOURCE: &str = "(resource)";

/// The changes of a plan, from what `terraform show -json` wrote. A value that is known only once another has changed is a
/// consequence, and not listed.
///
/// # Errors
/// The text is no plan.
pub fn changes(plan: &str) -> Result<Vec<Change>> {
    let plan: Value = serde_json::from_str(plan).context("reading a plan")?;
    let mut found = BTreeSet::new();
    for resource in plan["resource_changes"].as_array().context("a plan without resources")? {
        let change = &resource["change"];
        if resource["mode"] != "managed" || change["actions"] == serde_json::json!(["no-op"]) {
            continue;
        }
        let mut attributes = BTreeSet::new();
        if change["before"].is_null() || change["after"].is_null() {
            attributes.insert(RESOURCE.to_owned());
        } else {
            compare("", &change["before"], &change["after"], &change["after_unknown"], &mut attributes);
        }
        let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
        found.extend(attributes.into_iter().map(|attribute| Change {
            kind: text("type"),
            attribute,
            address: text("address"),
        }));
    }
    Ok(found.into_iter().collect())
}

fn compare(path: &str, before: &Value, after: &Value, unknown: &Value, found: &mut BTreeSet<String>) {
    if *unknown == Value::Bool(true) || before == after || (is_nothing(before) && is_nothing(after)) {
        return;
    }
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let none = Value::Null;
            let of = |map: &Map<String, Value>, name: &String| map.get(name).cloned().unwrap_or_default();
            for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                compare(&path, &of(old, name), &of(new, name), unknown.get(name).unwrap_or(&none), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{path}[]"), old, new, &unknown[index], found);
            }
        }
        (Value::String(old), Value::String(new)) => match (json(old), json(new)) {
            (Some(old), Some(new)) => compare(path, &old, &new, &Value::Null, found),
            _ => drop(found.insert(path.to_owned())),
        },
        _ => drop(found.insert(path.to_owned())),
    }
}

/// The provider writes "not there" in several ways.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(|value: &Value| value.is_object() || value.is_array())
}

/// A sentence for each change that is not allowed, and for each permission that nothing needs.
#[must_use]
pub fn outside(changes: &[Change], allowed: &[Allowed]) -> Vec<String> {
    let covers = |allowed: &Allowed, change: &Change| {
        allowed.kind == change.kind && allowed.attribute == change.attribute
    };
    let unexpected = changes.iter().filter(|change| !allowed.iter().any(|one| covers(one, change)));
    let unexpected =
        unexpected.map(|change| format!("{} would change: {}", change.address, change.attribute));
    let stale = allowed.iter().filter(|one| !changes.iter().any(|change| covers(one, change)));
    let stale =
        stale.map(|one| format!("nothing needs the permission for {} of {}", one.attribute, one.kind));
    unexpected.chain(stale).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(before: &Value, after: &Value, unknown: &Value) -> Vec<String> {
        let change =
            json!({ "actions": ["update"], "before": before, "after": after, "after_unknown": unknown });
        let resource = json!({ "mode": "managed", "type": "t", "address": "t.x", "change": change });
        let plan = json!({ "resource_changes": [resource] }).to_string();
        changes(&plan).unwrap().into_iter().map(|change| change.attribute).collect()
    }

    #[test]
    fn a_change_is_named_by_its_path_also_inside_of_json() {
        let definitions = |url: &str, interval: u8| {
            let container =
                json!([{ "environment": [{ "name": "URL", "value": url }], "interval": interval }]);
            json!({ "container_definitions": container.to_string(), "tags": {} })
        };
        let unknown = json!({});
        let one = found(&definitions("a", 1), &definitions("b", 1), &unknown);
        assert_eq!(one, ["container_definitions[].environment[].value"]);
        assert_eq!(
            found(&definitions("a", 1), &definitions("a", 2), &unknown),
            ["container_definitions[].interval"]
        );
    }

    #[test]
    fn a_consequence_and_another_way_to_write_nothing_are_no_changes() {
        assert!(found(&json!({ "arn": "a" }), &json!({ "arn": null }), &json!({ "arn": true })).is_empty());
        assert!(found(&json!({ "tags": {} }), &json!({ "tags": null }), &json!({})).is_empty());
        assert_eq!(found(&json!({ "on": false }), &json!({ "on": null }), &json!({})), ["on"]);
        assert_eq!(found(&json!({ "on": true }), &Value::Null, &json!({})), [RESOURCE]);
    }

    #[test]
    fn what_is_not_allowed_and_what_nothing_needs_are_both_found() {
        let change = Change { kind: "t".to_owned(), attribute: "on".to_owned(), address: "t.x".to_owned() };
        let allowed = |attribute: &str| Allowed {
            kind: "t".to_owned(),
            attribute: attribute.to_owned(),
            reason: "the emulator".to_owned(),
        };
        assert!(outside(std::slice::from_ref(&change), &[allowed("on")]).is_empty());
        assert_eq!(outside(&[change], &[allowed("off")]).len(), 2);
    }
}
