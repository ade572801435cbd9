//! What `?expand=` is in the document: services do not know of it.

use serde_json::{Value, json};

use crate::expand::{ERRORS, PARAMETER};
use crate::routes::{Expansion, Route};

const SUCCESS: &str = "/responses/200/content/application~1json/schema/$ref";

/// Adds the parameter and its 422 to the GET of each route that has expansions, and the members to what it answers.
pub(super) fn add(document: &mut Value, routes: &[Route]) -> Result<(), String> {
    for Route { prefix, expansions, .. } in routes.iter().filter(|route| !route.expansions.is_empty()) {
        let is_one = |path: &&String| {
            let id = path.strip_prefix(prefix).and_then(|rest| rest.strip_prefix("/{"));
            id.and_then(|id| id.strip_suffix('}')).is_some_and(|id| !id.contains('/'))
        };
        let path = document["paths"].as_object().and_then(|paths| paths.keys().find(is_one)).cloned();
        let path = path.ok_or_else(|| format!("nothing reads one of {prefix}"))?;
        let refused = refused(document);
        let operation = &mut document["paths"][&path]["get"];
        let answer = operation.pointer(SUCCESS).and_then(Value::as_str).map(|target| target.replace('#', ""));
        let answer = answer.ok_or_else(|| format!("{path} answers nothing that has a name"))?;
        let parameters = operation["parameters"].as_array_mut();
        parameters.ok_or_else(|| format!("{path} has no parameters"))?.push(parameter(expansions));
        operation["responses"]["422"] = refused;
        for expansion in *expansions {
            member(document, &answer, expansion.name, part(expansion))?;
            if document["components"]["schemas"].get(expansion.entry).is_none() {
                return Err(format!("{} is not described", expansion.entry));
            }
        }
        member(document, &answer, ERRORS, missing(expansions))?;
    }
    Ok(())
}

fn names(expansions: &[Expansion]) -> Vec<&'static str> {
    expansions.iter().map(|expansion| expansion.name).collect()
}

fn parameter(expansions: &[Expansion]) -> Value {
    json!({
        "name": PARAMETER, "in": "query", "required": false, "style": "form", "explode": false,
        "description": "What the answer is to have beside its own members, as a list with commas. Such an answer has no `ETag` and is \
            never a 304. What cannot be had in time is null, and named in `expand_errors`.",
        "schema": {
            "type": "array", "minItems": 1, "uniqueItems": true,
            "items": { "type": "string", "enum": names(expansions) },
        },
        "example": names(expansions),
    })
}

fn part(expansion: &Expansion) -> Value {
    json!({
        "description": "Newest first. Only where `expand` names it; null when it could not be had.",
        "type": ["array", "null"],
        "items": { "$ref": format!("#/components/schemas/{}", expansion.entry) },
    })
}

fn missing(expansions: &[Expansion]) -> Value {
    json!({
        "description": "What `expand` names and could not be had, and why. Only where there is such.",
        "type": "array", "minItems": 1,
        "items": {
            "type": "object", "required": ["name", "code"],
            "properties": {
                "name": { "type": "string", "enum": names(expansions) },
                "code": {
                    "type": "string", "pattern": "^[a-z][a-z0-9_]*$",
                    "description": "As the `code` of a problem: `service_unavailable`, `upstream_failed` or `upstream_timeout`.",
                },
            },
        },
        "examples": [[{ "name": expansions[expansions.len() - 1].name, "code": "service_unavailable" }]],
    })
}

/// The 422 of a body, said of a query.
fn refused(document: &Value) -> Value {
    let mut answer = document["components"]["responses"]["UnprocessableContent"].clone();
    answer["description"] =
        json!("`validation_failed`: `expand` names what there is not, or something twice.");
    if let Some(example) = answer.pointer_mut("/content/application~1problem+json/example") {
        example["detail"] = json!("The query does not fit; see errors.");
        example["errors"] = json!([{
            "pointer": PARAMETER, "code": "repeated", "detail": "names something twice"
        }]);
    }
    answer
}

fn member(document: &mut Value, schema: &str, name: &str, described: Value) -> Result<(), String> {
    let properties = document.pointer_mut(schema).and_then(|schema| schema["properties"].as_object_mut());
    let properties = properties.ok_or_else(|| format!("{schema} is no object"))?;
    match properties.insert(name.to_owned(), described) {
        None => Ok(()),
        Some(_) => Err(format!("{schema} has a {name} of its own")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::Service;

    static RINGS: [Expansion; 1] =
        [Expansion::new("rings", Service::Product, "/internal/trees/{id}/rings", "Ring")];

    fn forest() -> Value {
        let answer = json!({
            "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Tree" } } }
        });
        json!({
            "paths": {
                "/trees": { "get": {} },
                "/trees/{id}": { "get": { "parameters": [], "responses": { "200": answer } } },
                "/trees/{id}/leaves": { "get": {} },
            },
            "components": {
                "schemas": { "Ring": {}, "Tree": { "properties": { "height": {} } } },
                "responses": { "UnprocessableContent": { "description": "" } },
            },
        })
    }

    #[test]
    fn one_thing_gets_the_parameter_and_the_members() {
        let mut document = forest();
        add(&mut document, &[Route::to(Service::Product, "/trees").one(&RINGS)]).unwrap();
        let operation = &document["paths"]["/trees/{id}"]["get"];
        assert_eq!(operation["parameters"][0]["schema"]["items"]["enum"], json!(["rings"]));
        assert!(operation["responses"]["422"]["description"].as_str().unwrap().contains("expand"));
        let members = &document["components"]["schemas"]["Tree"]["properties"];
        assert_eq!(members["rings"]["items"]["$ref"], "#/components/schemas/Ring");
        assert!(members["expand_errors"].is_object());
        assert_eq!(document["paths"]["/trees"], forest()["paths"]["/trees"]);
    }

    #[test]
    fn a_member_that_is_there_already_and_an_entry_that_is_not_are_refused() {
        let route = [Route::to(Service::Product, "/trees").one(&RINGS)];
        let mut taken = forest();
        taken["components"]["schemas"]["Tree"]["properties"]["rings"] = json!({});
        assert!(add(&mut taken, &route).unwrap_err().contains("of its own"));
        let mut bare = forest();
        bare["components"]["schemas"] = json!({ "Tree": { "properties": {} } });
        assert!(add(&mut bare, &route).unwrap_err().contains("Ring is not described"));
        let nowhere = [Route::to(Service::Product, "/bushes").one(&RINGS)];
        assert!(add(&mut forest(), &nowhere).unwrap_err().contains("/bushes"));
    }
}
