//! Each rule, provoked once: a contract that holds, and one change to it that the rule must see.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use contract::{
    Calls, Contract, Document, NotBuilt, answers_rule, named_in, operations_rule, paths_rule, tested_rule,
};
use serde_json::json;

const CONTRACT: &str = "[user]\nGET /users/{id}\nGET /users/me/identities\nPOST /users\n[ours]\nGET /extra\n";
const NOT_BUILT: &str = "# a comment\n04 POST /users\n";
const CALLS: &str = "GET /users/7/ 200\nGET /users/me/identities 200\nGET /extra 304\nGET /nowhere 404\n";

fn document() -> String {
    let answers = json!({ "responses": { "200": {}, "304": {}, "4XX": {} } });
    let paths = json!({
        "/users/{user_id}": { "get": answers, "parameters": [] },
        "/users/me/identities": { "get": { "responses": { "200": {}, "default": {} } } },
        "/extra": { "get": answers },
    });
    json!({ "openapi": "3.1.0", "paths": paths }).to_string()
}

fn broken(contract: &str, not_built: &str, document: &str, calls: &str) -> Vec<String> {
    let contract = Contract::parse(contract).unwrap();
    let document = Document::parse(document).unwrap();
    let calls = Calls::parse(calls).unwrap();
    let mut broken = operations_rule(&contract, &NotBuilt::parse(not_built).unwrap(), &document);
    broken.extend(tested_rule(&document, &calls));
    broken.extend(answers_rule(&document, &calls));
    broken
}

/// The one sentence that says what is broken.
#[track_caller]
fn only(broken: &[String], part: &str) {
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].contains(part), "{broken:?}");
}

#[test]
fn a_contract_that_holds_breaks_no_rule() {
    assert_eq!(broken(CONTRACT, NOT_BUILT, &document(), CALLS), Vec::<String>::new());
}

#[test]
fn a_row_that_is_neither_built_nor_listed_is_seen() {
    only(&broken(CONTRACT, "", &document(), CALLS), "POST /users is promised, and neither");
}

#[test]
fn a_listed_row_that_is_built_is_seen() {
    let listed = format!("{NOT_BUILT}05 GET /users/{{anything}}");
    only(&broken(CONTRACT, &listed, &document(), CALLS), "take it out of not-built-yet.txt");
}

#[test]
fn a_listed_row_that_was_never_promised_is_seen() {
    let listed = format!("{NOT_BUILT}04 DELETE /users");
    only(
        &broken(CONTRACT, &listed, &document(), CALLS),
        "DELETE /users is in not-built-yet.txt but not in contract.txt",
    );
}

#[test]
fn an_operation_that_the_contract_lacks_is_seen() {
    let contract = CONTRACT.replace("GET /extra", "");
    only(
        &broken(&contract, NOT_BUILT, &document(), CALLS),
        "GET /extra is in the OpenAPI document, but in no section",
    );
}

#[test]
fn an_operation_without_a_test_that_succeeds_is_seen() {
    for calls in ["", "GET /extra 404\n"] {
        let calls = CALLS.replace("GET /extra 304\n", calls);
        only(&broken(CONTRACT, NOT_BUILT, &document(), &calls), "GET /extra has no test");
    }
}

#[test]
fn an_answer_that_is_not_documented_is_seen() {
    let calls = format!("{CALLS}GET /extra 500\nGET /extra/ 500\n");
    let broken = broken(CONTRACT, NOT_BUILT, &document(), &calls);
    only(&broken, "GET /extra answered 500 to 2 calls");
}

#[test]
fn a_success_that_is_not_documented_is_no_test() {
    let calls = CALLS.replace("GET /extra 304", "GET /extra 201");
    assert_eq!(broken(CONTRACT, NOT_BUILT, &document(), &calls).len(), 2);
}

#[test]
fn an_answer_on_a_path_without_an_operation_is_seen_unless_it_says_so() {
    let calls = format!(
        "{CALLS}POST /nowhere 405\nOPTIONS /users/7 204\nGET /internal/users/7/contact 200\nGET /hidden 200\n"
    );
    only(&broken(CONTRACT, NOT_BUILT, &document(), &calls), "GET /hidden answered 200, and no operation");
}

#[test]
fn a_literal_segment_wins_over_a_parameter() {
    let document = Document::parse(&document()).unwrap();
    let found = |path| document.find("GET", path).map(ToString::to_string);
    assert_eq!(found("/users/me/").unwrap(), "GET /users/{user_id}");
    assert_eq!(found("/users/me/identities").unwrap(), "GET /users/me/identities");
    assert_eq!(found("/users/you/identities"), None);
    assert_eq!(found("/users//"), None);
}

#[test]
fn a_path_of_the_design_that_the_contract_lacks_is_seen() {
    let design = "| method, path | who | what |\n|---|---|---|\n| GET/POST/PUT `/users` · GET `/users/{id}` | all | |\n";
    let contract = |rows: &str| Contract::parse(&format!("[user]\n{rows}")).unwrap();
    let whole = "GET /users\nPOST /users\nPUT /users/{id}\nGET /users/{id}\n";
    assert_eq!(named_in(design).len(), 4);
    assert_eq!(paths_rule(&contract(whole), design), Vec::<String>::new());
    only(&paths_rule(&contract(&whole.replace("PUT /users/{id}\n", "")), design), "PUT /users is in api.md");
}

#[test]
fn a_list_with_a_line_that_is_no_operation_or_stands_twice_is_refused() {
    for list in
        ["[user]\nGET users", "[user]\nFETCH /users", "GET /users", "[a]\nGET /u/{a}\n[ours]\nGET /u/{b}"]
    {
        assert!(Contract::parse(list).is_err(), "{list}");
    }
    for list in ["GET /users", "04 /users", "04 GET /users\n05 GET /users"] {
        assert!(NotBuilt::parse(list).is_err(), "{list}");
    }
}

#[test]
fn the_lock_file_of_the_npm_packages_does_not_say_where_they_come_from() {
    for file in ["package.json", "package-lock.json"] {
        let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        assert!(!text.contains("://") && !text.contains("\"resolved\""), "{file} names a host");
    }
}
