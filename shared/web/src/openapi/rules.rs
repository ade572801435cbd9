//! What is true of every operation, added to each.

use serde_json::{Map, Value, json};

use super::components::{ANSWERS, problem_content, references};

/// On an operation that load balancers ask for all the time: it has no limit and no identity.
const UNLIMITED: &str = "x-unlimited";

/// [`crate::rules::text`]: no control characters, and something besides white space.
const LINE: &str = r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$";

pub(super) fn apply(document: &mut Value) {
    if let Some(paths) = document["paths"].as_object_mut() {
        for (path, item) in paths {
            for operation in item.as_object_mut().into_iter().flat_map(Map::values_mut) {
                self::operation(operation, path.contains('{'));
            }
        }
    }
    head_shared(document);
    close_requests(document);
}

fn operation(operation: &mut Value, has_path_parameter: bool) {
    let Some(members) = operation.as_object_mut() else { return };
    let unlimited = members.remove(UNLIMITED).is_some();
    // Who comes does not matter, unless the endpoint says so.
    members.entry("security").or_insert_with(|| json!([]));
    let has_body = members.contains_key("requestBody");
    let needs_key = has_parameter(operation, "Idempotency-Key");
    let is_list = has_parameter(operation, "cursor");
    let is_conditional = has_parameter(operation, "If-Match");
    describe_parameters(operation);
    let has_tag = operation["responses"].get("304").is_some();
    if has_tag {
        parameters(operation).push(json!({ "$ref": "#/components/parameters/IfNoneMatch" }));
    }
    let Some(answers) = operation["responses"].as_object_mut() else { return };
    for (status, name, ..) in ANSWERS {
        let applies = match status {
            "400" | "default" => true,
            "401" | "403" | "429" => !unlimited,
            "404" => has_path_parameter,
            "412" => is_conditional,
            "413" | "415" | "422" => has_body,
            // Said by the endpoint; here it only gets its text.
            _ => has_tag,
        };
        if applies && (status == "304" || !answers.contains_key(status)) {
            answers.insert(status.to_owned(), json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    let traits = Traits { unlimited, has_tag, needs_key, is_list };
    for (status, answer) in answers {
        complete(status, answer, &traits);
    }
}

/// Headers that an endpoint may name; what they are is said once.
const SAID: [(&str, &str); 3] = [("ETag", "ETag"), ("Location", "Location"), ("Retry-After", "RetryAfter")];

/// What decides which headers an answer has.
#[expect(clippy::struct_excessive_bools, reason = "four facts that have nothing to do with each other")]
struct Traits {
    unlimited: bool,
    has_tag: bool,
    needs_key: bool,
    is_list: bool,
}

/// An answer that the endpoint describes itself: a problem gets its media type and example, every one its headers.
fn complete(status: &str, answer: &mut Value, traits: &Traits) {
    let Some(members) = answer.as_object_mut() else { return };
    if members.contains_key("$ref") {
        return;
    }
    let number: u16 = status.parse().unwrap_or(500);
    if number >= 400 && !is_own_body(members) {
        let said =
            members.remove("content").and_then(|content| Some(content.as_object()?.values().next()?.clone()));
        members.insert("content".to_owned(), problem_content(&said.unwrap_or_default(), number));
    }
    let mut names = vec![("X-Request-Id", "RequestId")];
    if !traits.unlimited {
        names.extend([("RateLimit", "RateLimit"), ("RateLimit-Policy", "RateLimitPolicy")]);
    }
    let good = (200..300).contains(&number);
    let more = [
        (traits.has_tag && good, ("ETag", "ETag")),
        (traits.is_list && good, ("Link", "Link")),
        (traits.needs_key && number < 500, ("Idempotency-Replayed", "IdempotencyReplayed")),
        (number == 401, ("WWW-Authenticate", "WwwAuthenticate")),
    ];
    names.extend(more.into_iter().filter(|(applies, _)| *applies).map(|(_, name)| name));
    let headers = members.entry("headers").or_insert_with(|| json!({}));
    for (name, component) in SAID {
        if headers.get(name).is_some() {
            names.push((name, component));
        }
    }
    for (name, component) in names {
        headers[name] = json!({ "$ref": format!("#/components/headers/{component}") });
    }
}

/// A failure that is told in a body of another kind, such as `/health`.
fn is_own_body(answer: &Map<String, Value>) -> bool {
    let schema = answer
        .get("content")
        .and_then(|content| content.as_object()?.values().next()?.pointer("/schema/$ref")?.as_str());
    schema.is_some_and(|schema| !schema.ends_with("/Problem"))
}

/// Shared answers have the headers too; they are used by operations with a limit only, but for `default` and 400.
fn head_shared(document: &mut Value) {
    let Some(answers) = document["components"]["responses"].as_object_mut() else { return };
    for (status, name, ..) in ANSWERS {
        let Some(answer) = answers.get_mut(name) else { continue };
        let traits = Traits { unlimited: false, has_tag: status == "304", needs_key: false, is_list: false };
        complete(status, answer, &traits);
        if status == "429" {
            answer["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        if status == "304" {
            answer["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        }
    }
}

fn has_parameter(operation: &Value, name: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|parameters| parameters.iter().any(|parameter| parameter["name"] == name))
}

fn parameters(operation: &mut Value) -> &mut Vec<Value> {
    let parameters = &mut operation["parameters"];
    if !parameters.is_array() {
        *parameters = json!([]);
    }
    parameters.as_array_mut().expect("it is an array now")
}

/// utoipa leaves a parameter without words when its schema is made by a function; then the schema has them.
fn describe_parameters(operation: &mut Value) {
    // Not by index: that would add a null where there is none.
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten() {
        if parameter.get("description").is_none()
            && let Some(words) = parameter.pointer("/schema/description").cloned()
        {
            parameter["description"] = words;
        }
    }
}

/// Requests refuse unknown fields, and so do the objects inside them. What has a shortest length is a line of text.
fn close_requests(document: &mut Value) {
    let mut open: Vec<String> = Vec::new();
    for item in document["paths"].as_object().into_iter().flat_map(Map::values) {
        for operation in item.as_object().into_iter().flat_map(Map::values) {
            open.extend(references(&operation["requestBody"]));
        }
    }
    while let Some(pointer) = open.pop() {
        let Some(schema) = document.pointer_mut(&pointer) else { continue };
        if schema["type"] != "object" || schema.get("additionalProperties").is_some() {
            continue;
        }
        schema["additionalProperties"] = json!(false);
        for field in schema["properties"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if field.get("minLength").is_some()
                && field.get("pattern").is_none()
                && field.get("format").is_none()
            {
                field["pattern"] = json!(LINE);
            }
        }
        open.extend(references(schema));
    }
}
