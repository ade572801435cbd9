//! What documents share: the problem's schema, headers, the answers that any endpoint may give, and how to sign in.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use utoipa::PartialSchema as _;

use super::ProblemDocument;
use crate::problem::FieldError;

/// Statuses that the rules add: the component's name, the code of the example, and what it means.
pub(super) const ANSWERS: [(&str, &str, &str, &str); 11] = [
    (
        "400",
        "BadRequest",
        "malformed_json",
        "The request cannot be read: `malformed_json`, `invalid_parameter` or another `code`.",
    ),
    (
        "401",
        "Unauthorized",
        "unauthenticated",
        "There is no identity, or the one that was sent is not valid.",
    ),
    ("403", "Forbidden", "forbidden", "The caller's role does not allow this."),
    ("404", "NotFound", "not_found", "There is nothing here, or it is not the caller's."),
    (
        "412",
        "PreconditionFailed",
        "precondition_failed",
        "It was changed since the caller read it: `If-Match` names another `ETag`.",
    ),
    ("413", "PayloadTooLarge", "payload_too_large", "The body is larger than 1 MiB."),
    (
        "415",
        "UnsupportedMediaType",
        "unsupported_media_type",
        "The body is not plain `application/json` in UTF-8.",
    ),
    (
        "422",
        "UnprocessableContent",
        "validation_failed",
        "The body parses, but does not fit; `errors` names every field that is wrong.",
    ),
    ("429", "TooManyRequests", "rate_limited", "The rate limit is reached; see `Retry-After`."),
    ("304", "NotModified", "", "The client has it already; see `If-None-Match`."),
    ("default", "Problem", "internal_error", "Any other failure."),
];

/// Adds the shared components.
pub(super) fn add(document: &mut Value) {
    let schema = |schema| serde_json::to_value(schema).expect("a schema has string keys only");
    let components = &mut document["components"];
    if !components.is_object() {
        *components = json!({});
    }
    components["schemas"]["Problem"] = schema(ProblemDocument::schema());
    components["schemas"]["FieldError"] = schema(FieldError::schema());
    components["headers"] = headers();
    components["responses"] = ANSWERS
        .iter()
        .map(|(status, name, code, meaning)| ((*name).to_owned(), answer(status, code, meaning)))
        .collect::<Map<_, _>>()
        .into();
    components["parameters"] = json!({ "IfNoneMatch": {
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "The `ETag` of what the client has; if it still holds, the answer is a 304 without a body.",
        "schema": { "type": "string" },
    }});
    components["securitySchemes"] = json!({ "bearer": {
        "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
        "description": "The `access_token` of `POST /auth/login`. It lives 15 minutes; `POST /auth/refresh` gives the next.",
    }});
}

fn headers() -> Value {
    json!({
        "RequestId": {
            "description": "The request's id: the one that was sent, if it has 1 to 128 of `[A-Za-z0-9._-]`, else a new one.",
            "required": true,
            "schema": { "type": "string", "pattern": "^[A-Za-z0-9._-]{1,128}$" },
        },
        "RateLimit": {
            "description": "What is left of the quota, and the seconds until it is whole again (draft-ietf-httpapi-ratelimit-headers-10).",
            "schema": { "type": "string", "examples": ["\"read\";r=599;t=1"] },
        },
        "RateLimitPolicy": {
            "description": "The quota that counts this request: how many in how many seconds.",
            "schema": { "type": "string", "examples": ["\"read\";q=600;w=60"] },
        },
        "RetryAfter": {
            "description": "Seconds to wait before trying again.",
            "schema": { "type": "integer", "minimum": 0 },
        },
        "ETag": {
            "description": "A strong validator of this representation.",
            "schema": { "type": "string", "pattern": "^\"[\\x21\\x23-\\x7e]*\"$" },
        },
        "Location": {
            "description": "Where the thing is.",
            "schema": { "type": "string", "format": "uri-reference" },
        },
        "Link": {
            "description": "`<...>; rel=\"next\"` when there is a next page (RFC 8288).",
            "schema": { "type": "string" },
        },
        "IdempotencyReplayed": {
            "description": "`true` when this is the stored answer of an earlier request with the same key.",
            "schema": { "type": "string", "enum": ["true"] },
        },
        "WwwAuthenticate": {
            "description": "How to authenticate (RFC 6750).",
            "schema": { "type": "string", "examples": ["Bearer"] },
        },
    })
}

fn answer(status: &str, code: &str, meaning: &str) -> Value {
    let mut answer = json!({ "description": meaning });
    if !code.is_empty() {
        let number = if status == "default" { 500 } else { status.parse().unwrap_or(500) };
        let said = json!({ "example": { "code": code, "detail": meaning } });
        answer["content"] = problem_content(&said, number);
    }
    answer
}

/// `application/problem+json`, with the examples that were given.
pub(super) fn problem_content(said: &Value, status: u16) -> Value {
    let mut media = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    if let Some(said) = said.get("example") {
        media["example"] = example(status, said.clone());
    }
    for (name, said) in said["examples"].as_object().into_iter().flatten() {
        media["examples"][name] = said.clone();
        media["examples"][name]["value"] = example(status, said["value"].clone());
    }
    json!({ "application/problem+json": media })
}

/// A whole problem from what an endpoint says of it: `code`, `detail` and members of its own.
fn example(status: u16, said: Value) -> Value {
    let title = http::StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    let code = said["code"].as_str().unwrap_or_default();
    let mut whole = json!({
        "type": format!("urn:cartwright:problem:{code}"), "title": title, "status": status,
        "instance": "/…", "request_id": "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a11",
    });
    if code == "validation_failed" {
        whole["errors"] = json!([{ "pointer": "/name", "code": "required", "detail": "is required" }]);
    }
    if let (Value::Object(whole), Value::Object(said)) = (&mut whole, said) {
        whole.extend(said);
    }
    whole
}

/// utoipa writes the entries of `Page<Thing>` into `Page_Thing`; they get their name, and the page leads to it.
pub(super) fn name_entries(document: &mut Value) {
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let mut named = Vec::new();
    for (page, schema) in schemas.iter_mut() {
        let Some(name) = page.strip_prefix("Page_") else { continue };
        let Some(entry) = schema.pointer_mut("/properties/data/items") else { continue };
        if entry.get("$ref").is_none() {
            let link = json!({ "$ref": format!("#/components/schemas/{name}") });
            named.push((name.to_owned(), std::mem::replace(entry, link)));
        }
    }
    for (name, entry) in named {
        schemas.entry(name).or_insert(entry);
    }
}

/// Takes out the components that nothing leads to.
pub(super) fn prune(document: &mut Value) {
    let mut used = BTreeSet::new();
    let mut open = references(&document["paths"]);
    while let Some(pointer) = open.pop() {
        if used.insert(pointer.clone()) {
            open.extend(document.pointer(&pointer).map(references).unwrap_or_default());
        }
    }
    let Some(components) = document["components"].as_object_mut() else { return };
    for (section, members) in components.iter_mut().filter(|(section, _)| *section != "securitySchemes") {
        if let Some(members) = members.as_object_mut() {
            members.retain(|name, _| used.contains(&format!("/components/{section}/{name}")));
        }
    }
    components.retain(|_, members| members.as_object().is_none_or(|members| !members.is_empty()));
}

/// The targets of every `$ref` inside `value`, as JSON pointers.
pub(super) fn references(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member.as_str() {
                Some(target) if name == "$ref" => vec![target.trim_start_matches('#').to_owned()],
                _ => references(member),
            })
            .collect(),
        Value::Array(entries) => entries.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
