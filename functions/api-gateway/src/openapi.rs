//! `/openapi.json`: the documents of the services and of the gateway's own pages as one.

mod expansions;

use std::sync::LazyLock;

use cartwright_web::openapi::{About, finish, print};
use serde_json::{Value, json};

use crate::content::Content;
use crate::pages;
use crate::routes::ROUTES;

/// What each service has committed.
const SERVICES: [&str; 4] = [
    include_str!("../../user/openapi.json"),
    include_str!("../../product/openapi.json"),
    include_str!("../../order/openapi.json"),
    include_str!("../../notification/openapi.json"),
];

/// What holds for the whole API, for who opens the page.
const CONVENTIONS: &str = include_str!("../assets/conventions.md");

/// The document, made when it is first asked for.
pub static CONTENT: LazyLock<Content> =
    LazyLock::new(|| Content::of_text(&document().to_string(), "application/json", "public, max-age=300"));

/// The merged document, as text.
#[must_use]
pub fn openapi() -> String {
    print(&document())
}

fn document() -> Value {
    let services = SERVICES.map(|text| serde_json::from_str(text).expect("a test reads what is committed"));
    let mut whole = merge(own(), services).expect("a test merges what is committed");
    expansions::add(&mut whole, &ROUTES).expect("a test expands what is committed");
    whole
}

/// The gateway's own pages.
fn own() -> Value {
    finish(
        pages::described(),
        &About {
            title: "Cartwright",
            description: CONVENTIONS,
            tags: &[("Service", "What this is, how it is, and this document.")],
        },
    )
}

/// Adds the documents of services to `whole`. Paths are each service's own; a component may be in several, if it is the
/// same everywhere.
fn merge(mut whole: Value, services: impl IntoIterator<Item = Value>) -> Result<Value, String> {
    let mut tags = Vec::new();
    for service in services {
        tags.extend(service["tags"].as_array().cloned().unwrap_or_default());
        for (path, item) in service["paths"].as_object().into_iter().flatten() {
            insert(&mut whole["paths"], path, item)?;
        }
        for (section, members) in service["components"].as_object().into_iter().flatten() {
            let known = &mut whole["components"][section];
            for (name, component) in members.as_object().into_iter().flatten() {
                if known.get(name) != Some(component) {
                    insert(known, name, component)?;
                }
            }
        }
    }
    tags.extend(whole["tags"].as_array().cloned().unwrap_or_default());
    whole["tags"] = json!(tags);
    Ok(whole)
}

fn insert(into: &mut Value, name: &str, value: &Value) -> Result<(), String> {
    if into.get(name).is_some() {
        return Err(format!("two services describe {name}, and differently"));
    }
    into[name] = value.clone();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cartwright_test_support::openapi::check;

    #[test]
    fn the_committed_document_is_the_services_and_the_pages() {
        check(&openapi(), include_str!("../openapi.json"), include_str!("pages.rs"));
    }

    #[test]
    fn every_path_is_one_that_the_gateway_leads_to() {
        for path in document()["paths"].as_object().unwrap().keys() {
            let leads =
                pages::find(path).is_some() || crate::routes::find(&crate::routes::ROUTES, path).is_some();
            assert!(leads, "{path}");
        }
    }

    #[test]
    fn a_component_that_two_services_describe_differently_is_refused() {
        let service = |kind: &str| json!({ "components": { "schemas": { "Thing": { "type": kind } } } });
        assert!(merge(json!({}), [service("string"), service("string")]).is_ok());
        let error = merge(json!({}), [service("string"), service("object")]).unwrap_err();
        assert!(error.contains("Thing"));
    }
}
