//! Each kind of object, in each of its states, against `../shared/specs/stripe`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;

use cartwright_test_support::stripe::API_VERSION;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::client::Caller;

/// Stripe's schemas as JSON Schema: `nullable` is OpenAPI's word.
struct Specification {
    schemas: Value,
    compiled: RefCell<HashMap<String, Validator>>,
}

impl Specification {
    fn read() -> Option<Self> {
        let place = "../../../shared/specs/stripe/spec3-2023-09-12.yaml";
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(place));
        let missing = "the specification is missing, and CI has it";
        let text = if std::env::var_os("CI").is_some() { text.expect(missing) } else { text.ok()? };
        let mut document: Value = serde_yaml_ng::from_str(&text).unwrap();
        assert_eq!(document["info"]["version"], API_VERSION, "the pinned version is the specification's");
        let mut schemas = document["components"]["schemas"].take();
        with_null(&mut schemas);
        Some(Self { schemas, compiled: RefCell::default() })
    }

    fn check(&self, name: &str, value: &Value) {
        let errors = self.errors(name, value);
        assert!(errors.is_empty(), "{name} {value:#}: {errors:#?}");
    }

    fn errors(&self, name: &str, value: &Value) -> Vec<String> {
        let mut compiled = self.compiled.borrow_mut();
        let validator = compiled.entry(name.to_owned()).or_insert_with(|| {
            let schema = json!({
                "$schema": "http://json-schema.org/draft-07/schema#",
                "allOf": [{ "$ref": format!("#/components/schemas/{name}") }],
                "components": { "schemas": self.schemas },
            });
            jsonschema::validator_for(&schema).unwrap()
        });
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
    }
}

fn with_null(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.values_mut().for_each(with_null);
            if object.remove("nullable") == Some(Value::Bool(true)) {
                let inner = Value::Object(std::mem::take(object));
                *schema = json!({ "anyOf": [inner, { "type": "null" }] });
            }
        }
        Value::Array(list) => list.iter_mut().for_each(with_null),
        _ => {}
    }
}

#[tokio::test]
async fn every_answer_has_the_form_of_stripes_specification() {
    let Some(specification) = Specification::read() else {
        eprintln!("the specification is not there: not compared");
        return;
    };
    let caller = Caller::new().await;
    let stripe = &caller.stripe;
    let mut intents = Vec::new();
    for (method, more) in [
        ("pm_card_visa", ""),
        ("pm_card_visa", "&capture_method=manual"),
        ("pm_card_authenticationRequired", "&metadata[order_id]=1"),
        ("pm_usBankAccount", ""),
        ("pm_card_createDispute", ""),
    ] {
        let (status, intent) = caller.pay(method, more).await;
        assert_eq!(status, 200, "{intent}");
        intents.push(intent);
    }
    let (_, unconfirmed) = caller.post("/v1/payment_intents", "amount=1000&currency=eur").await;
    let id = unconfirmed["id"].as_str().unwrap().to_owned();
    intents.push(unconfirmed);
    intents.push(caller.post(&format!("/v1/payment_intents/{id}/cancel"), "").await.1);
    let paid = intents[0]["id"].as_str().unwrap().to_owned();
    let refund =
        caller.post("/v1/refunds", &format!("payment_intent={paid}&amount=100&metadata[a]=b")).await.1;
    specification.check("refund", &refund);
    let expanded = caller.get(&format!("/v1/payment_intents/{paid}?expand[]=latest_charge")).await.1;
    assert!(expanded["latest_charge"].is_object(), "{expanded}");
    intents.push(expanded);
    for intent in &intents {
        specification.check("payment_intent", intent);
    }
    let (status, declined) = caller.pay("pm_card_chargeDeclined", "").await;
    assert_eq!(status, 402);
    specification.check("error", &declined);
    specification.check("error", &caller.pay("pm_nobody", "").await.1);
    let _ = stripe.open_dispute(&paid);
    for (list, name) in [
        ("payment_intents", "payment_intent"),
        ("refunds", "refund"),
        ("disputes", "dispute"),
        ("events", "event"),
    ] {
        let (status, page) = caller.get(&format!("/v1/{list}?limit=100")).await;
        assert_eq!(status, 200, "{page}");
        let data = page["data"].as_array().unwrap();
        assert!(!data.is_empty(), "{list}");
        for object in data {
            specification.check(name, object);
        }
    }
    for event in stripe.events() {
        let object = &event["data"]["object"];
        specification.check(object["object"].as_str().unwrap(), object);
    }
    // The comparison sees what is wrong.
    for (name, wrong) in [("status", json!("paid")), ("amount", json!("1000")), ("livemode", json!(null))] {
        let mut intent = intents[0].clone();
        intent[name] = wrong;
        assert!(!specification.errors("payment_intent", &intent).is_empty(), "{name}");
    }
    let charge = stripe.read(|books| books.charges[0].id.clone());
    specification.check("charge", &caller.get(&format!("/v1/charges/{charge}")).await.1);
    specification.check("account", &caller.get("/v1/account").await.1);
}
