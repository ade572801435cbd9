//! What every OpenAPI document of this repository is held to.

use std::collections::HashSet;

use serde_json::Value;

/// Checks that `committed` is what the routes say now, that it is sound, and that `routes`, the source that lists them,
/// has no public route without a description.
///
/// # Panics
/// When one of it is not so; the message says what to do.
#[track_caller]
pub fn check(now: &str, committed: &str, routes: &str) {
    let document: Value = serde_json::from_str(now).expect("the document is JSON");
    let wrong = violations(&document);
    assert!(wrong.is_empty(), "the document is not sound:\n  {}", wrong.join("\n  "));
    assert!(now == committed, "openapi.json is stale: run `make openapi` and commit what changes");
    let bare = undescribed(routes);
    assert!(bare.is_empty(), "add these with .routes(routes!(…)) and #[utoipa::path]: {}", bare.join(", "));
}

/// What `document` lacks, a line each.
#[must_use]
pub fn violations(document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if !document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")) {
        wrong.push("the version is not 3.1".to_owned());
    }
    let tags: HashSet<&str> = entries(&document["tags"]).filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = HashSet::new();
    let paths = document["paths"].as_object();
    for (path, method, operation) in paths.into_iter().flatten().flat_map(|(path, item)| {
        item.as_object().into_iter().flatten().map(move |(method, operation)| (path, method, operation))
    }) {
        let mut miss = |what: &str| wrong.push(format!("{method} {path}: {what}"));
        match operation["operationId"].as_str() {
            Some(id) if !ids.insert(id) => miss("its operationId is not its own"),
            Some(id) if !is_lower_camel(id) => miss("its operationId is not lowerCamel"),
            Some(_) => {}
            None => miss("no operationId"),
        }
        if !entries(&operation["tags"]).any(|tag| tag.as_str().is_some_and(|tag| tags.contains(tag))) {
            miss("no tag that is described");
        }
        for text in ["summary", "description"] {
            if operation[text].as_str().is_none_or(str::is_empty) {
                miss(&format!("no {text}"));
            }
        }
        if !operation["security"].is_array() {
            miss("nobody says who may come");
        }
        let answers = operation["responses"].as_object();
        if !answers.is_some_and(|answers| answers.keys().any(|status| status.starts_with('2'))) {
            miss("no success");
        }
        if operation.pointer("/responses/default").is_none() {
            miss("no default answer");
        }
        for parameter in entries(&operation["parameters"]) {
            if parameter.get("$ref").is_none() && parameter["description"].as_str().is_none() {
                miss(&format!("{} is not described", parameter["name"]));
            }
        }
        for (status, answer) in answers.into_iter().flatten() {
            if answer.get("$ref").is_none() && answer["description"].as_str().is_none_or(str::is_empty) {
                miss(&format!("{status} has no description"));
            }
        }
        for name in path.split(['{', '}']).skip(1).step_by(2) {
            if !entries(&operation["parameters"]).any(|known| known["in"] == "path" && known["name"] == name)
            {
                miss(&format!("{{{name}}} is not described"));
            }
        }
    }
    if ids.is_empty() {
        wrong.push("there is no operation".to_owned());
    }
    references(document, &mut |target| {
        if target.strip_prefix('#').and_then(|pointer| document.pointer(pointer)).is_none() {
            wrong.push(format!("{target} leads nowhere"));
        }
    });
    wrong
}

/// How the paths begin that are not the API: those for services, and the files of pages.
const BESIDE: [&str; 3] = ["\"/internal/", "\"/docs/{", "\"/status/{"];

/// Routes that axum alone knows.
fn undescribed(routes: &str) -> Vec<&str> {
    let code = routes.split("#[cfg(test)]").next().unwrap_or_default();
    let paths = code.split(".route(").skip(1).map(|rest| rest.lines().next().unwrap_or_default().trim());
    paths.filter(|path| !BESIDE.iter().any(|start| path.starts_with(start))).collect()
}

fn references(value: &Value, found: &mut impl FnMut(&str)) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, member)| match member.as_str() {
            Some(target) if name == "$ref" => found(target),
            _ => references(member, found),
        }),
        Value::Array(entries) => entries.iter().for_each(|entry| references(entry, found)),
        _ => {}
    }
}

fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_lower_camel(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_lowercase()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sound() -> Value {
        json!({
            "openapi": "3.1.0",
            "tags": [{ "name": "Things", "description": "Things." }],
            "paths": { "/things/{id}": { "get": {
                "operationId": "getThing", "tags": ["Things"], "summary": "Read", "description": "Reads.", "security": [],
                "parameters": [{ "name": "id", "in": "path", "description": "Which." }],
                "responses": { "200": { "description": "It." }, "default": { "$ref": "#/components/responses/Problem" } },
            }}},
            "components": { "responses": { "Problem": { "description": "Not it." } } },
        })
    }

    #[test]
    fn a_sound_document_passes_and_each_lack_is_seen() {
        assert_eq!(violations(&sound()), Vec::<String>::new());
        let spoil = |pointer: &str, value: Value| {
            let mut document = sound();
            *document.pointer_mut(pointer).unwrap() = value;
            violations(&document)
        };
        let operation = "/paths/~1things~1{id}/get";
        for (member, bad) in [
            ("operationId", json!("get_thing")),
            ("tags", json!(["Others"])),
            ("summary", json!("")),
            ("security", json!(null)),
            ("parameters", json!([])),
            ("responses/200/description", json!("")),
            ("responses/default/$ref", json!("#/components/responses/Nothing")),
        ] {
            assert_eq!(spoil(&format!("{operation}/{member}"), bad).len(), 1, "{member}");
        }
        assert_eq!(spoil("/openapi", json!("3.0.3")).len(), 1);
        assert_eq!(spoil("/paths", json!({})).len(), 1);
    }

    #[test]
    fn a_route_beside_the_document_is_seen() {
        let source = ".route(\"/internal/x\", get(x)).routes(routes!(a)).route(\"/open\", get(open))";
        assert_eq!(undescribed(source), ["\"/open\", get(open))"]);
    }
}
