//! Whether an answer is the expected one.

use serde_json::Value;

use super::case::Expect;
use super::wire::Reply;
use crate::api::Answer;

/// What no answer may show, whatever the request was.
const INSIDES: [&str; 6] = ["$argon2", "\"password_hash\":", "sqlx", "panicked", "/src/", "SELECT "];

/// What is wrong with a reply. `same` is the kept answer that it must not be told from.
pub fn faults(expect: &Expect, reply: &Reply, same: Option<&str>) -> Vec<String> {
    let statuses: Vec<u16> = reply.answers.iter().map(|answer| answer.status).collect();
    let wanted = expect.statuses.len().max(1);
    let Some(answer) = reply.answers.last() else {
        return if expect.silent && reply.closed {
            Vec::new()
        } else {
            vec!["there is no answer".to_owned()]
        };
    };
    let mut faults = Vec::new();
    if reply.answers.len() != wanted {
        faults.push(format!("{} answers on the connection: {statuses:?}", reply.answers.len()));
    }
    if !expect.statuses.is_empty() && expect.statuses != statuses {
        faults.push(format!("statuses {statuses:?} and not {:?}", expect.statuses));
    }
    if let Some(status) = expect.status.as_ref().filter(|status| !status.allows(answer.status)) {
        faults.push(format!("status {} and not {status:?}", answer.status));
    }
    form(expect, answer, &mut faults);
    header_faults(expect, answer, &mut faults);
    body_faults(expect, answer, &mut faults);
    if same.is_some_and(|same| same != told_apart(answer)) {
        faults.push(format!("it can be told from the other answer:\n{}", same.unwrap_or_default()));
    }
    faults
}

/// An answer as somebody compares it who looks for a difference: status, names of headers, body; without the request's id.
pub fn told_apart(answer: &Answer) -> String {
    let id = answer.header("x-request-id").unwrap_or_default();
    let body = String::from_utf8_lossy(&answer.body);
    let body = if id.is_empty() { body.into_owned() } else { body.replace(id, "ID") };
    let mut names: Vec<&str> = answer.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
    names.sort_unstable();
    format!("{} {names:?}\n{body}", answer.status)
}

/// What every answer has.
fn form(expect: &Expect, answer: &Answer, faults: &mut Vec<String>) {
    let by_parser = expect.bare && answer.header("x-request-id").is_none();
    if by_parser {
        return;
    }
    let id = answer.header("x-request-id").unwrap_or_default();
    if id.is_empty() {
        faults.push("it has no X-Request-Id".to_owned());
    }
    if !expect.public && !answer.header("cache-control").unwrap_or_default().contains("no-store") {
        faults.push("it may be stored".to_owned());
    }
    let body = String::from_utf8_lossy(&answer.body);
    faults
        .extend(INSIDES.iter().filter(|text| body.contains(**text)).map(|text| format!("it shows {text:?}")));
    if answer.status < 400 || answer.body.is_empty() && expect.bare {
        return;
    }
    if answer.header("content-type") != Some("application/problem+json") {
        faults.push(format!("it is a {:?} and no problem", answer.header("content-type")));
        return;
    }
    let problem = answer.json();
    for name in ["type", "title", "code", "request_id"] {
        if !problem[name].is_string() {
            faults.push(format!("its problem has no {name}"));
        }
    }
    if problem["status"] != answer.status {
        faults.push("its problem has another status".to_owned());
    }
    if problem["request_id"] != id {
        faults.push("its problem has another request_id than X-Request-Id".to_owned());
    }
    if answer.status == 401 && !answer.header("www-authenticate").unwrap_or_default().starts_with("Bearer") {
        faults.push("a 401 without WWW-Authenticate: Bearer".to_owned());
    }
}

fn header_faults(expect: &Expect, answer: &Answer, faults: &mut Vec<String>) {
    for (name, text) in &expect.headers {
        if !answer.header(name).is_some_and(|value| value.contains(text)) {
            faults.push(format!("{name} is {:?} and does not hold {text:?}", answer.header(name)));
        }
    }
    faults.extend(
        expect
            .absent
            .iter()
            .filter(|name| answer.headers.contains_key(name.as_str()))
            .map(|name| format!("it has {name}")),
    );
}

fn body_faults(expect: &Expect, answer: &Answer, faults: &mut Vec<String>) {
    let json = answer.json();
    if let Some(code) = &expect.code
        && json["code"] != code.as_str()
    {
        faults.push(format!("code {} and not {code:?}", json["code"]));
    }
    let errors: Vec<(&str, &str)> = json["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|error| Some((error["pointer"].as_str()?, error["code"].as_str()?)))
        .collect();
    for pointer in &expect.pointers {
        match (errors.iter().find(|(at, _)| at == pointer), &expect.error) {
            (None, _) => faults.push(format!("no error at {pointer}: {errors:?}")),
            (Some((_, code)), Some(wanted)) if code != wanted => {
                faults.push(format!("the error at {pointer} is {code} and not {wanted}"));
            }
            _ => {}
        }
    }
    for (pointer, wanted) in &expect.json {
        let wanted = serde_json::to_value(wanted).unwrap_or_default();
        let found = json.pointer(pointer).unwrap_or(&Value::Null);
        if *found != wanted {
            faults.push(format!("{pointer} is {found} and not {wanted}"));
        }
    }
    for (pointer, wanted) in &expect.count {
        let found = json.pointer(pointer).and_then(Value::as_array).map(Vec::len);
        if found != Some(*wanted) {
            faults.push(format!("{pointer} has {found:?} entries and not {wanted}"));
        }
    }
    let headers = format!("{:?}", answer.headers);
    let body = String::from_utf8_lossy(&answer.body);
    let missing = expect.contains.iter().filter(|text| !body.contains(text.as_str()));
    faults.extend(missing.map(|text| format!("it does not hold {text:?}")));
    let found =
        expect.lacks.iter().filter(|text| body.contains(text.as_str()) || headers.contains(text.as_str()));
    faults.extend(found.map(|text| format!("it holds {text:?}")));
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &Value) -> Answer {
        let kind = if status < 400 { "application/json" } else { "application/problem+json" };
        let pairs = [
            ("content-type", kind),
            ("x-request-id", "r-1"),
            ("cache-control", "private, no-store"),
            ("www-authenticate", "Bearer"),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        Answer { status, headers, body: body.to_string().into_bytes() }
    }

    fn problem(status: u16, code: &str) -> Answer {
        let body = json!({
            "type": "t", "title": "T", "status": status, "code": code, "request_id": "r-1",
            "errors": [{ "pointer": "/role", "code": "unknown_field", "detail": "x" }],
        });
        answer(status, &body)
    }

    fn found(toml: &str, answers: Vec<Answer>) -> Vec<String> {
        faults(&toml::from_str(toml).unwrap(), &Reply { answers, closed: true }, None)
    }

    #[test]
    fn an_answer_as_expected_has_no_faults() {
        let problem = problem(422, "validation_failed");
        let expect = "status = 422\ncode = 'validation_failed'\npointers = ['/role']\nerror = 'unknown_field'\nabsent = ['location']";
        assert_eq!(found(expect, vec![problem]), Vec::<String>::new());
        let list = answer(200, &json!({ "data": [1], "a": { "b": "c" } }));
        let expect = "status = [200, 202]\ncount = { '/data' = 1 }\njson = { '/a/b' = 'c' }\ncontains = ['data']\nlacks = ['nowhere']\nheaders = { cache-control = 'private' }";
        assert_eq!(found(expect, vec![list]), Vec::<String>::new());
    }

    #[test]
    fn each_expectation_can_be_missed() {
        let problem = problem(422, "validation_failed");
        for expect in [
            "status = 400",
            "statuses = [200, 422]",
            "status = 422\ncode = 'other'",
            "status = 422\npointers = ['/other']",
            "status = 422\npointers = ['/role']\nerror = 'other'",
            "status = 422\nheaders = { etag = '1' }",
            "status = 422\nabsent = ['x-request-id']",
            "status = 422\njson = { '/code' = 'other' }",
            "status = 422\ncount = { '/errors' = 2 }",
            "status = 422\ncontains = ['nowhere']",
            "status = 422\nlacks = ['r-1']",
        ] {
            assert_eq!(found(expect, vec![problem.clone()]).len().min(1), 1, "{expect}");
        }
        assert_eq!(found("status = 422", Vec::new()).len(), 1);
        assert_eq!(found("status = 422\nsilent = true", Vec::new()).len(), 0);
        assert_eq!(
            found("status = 422", vec![problem.clone(), problem]).len(),
            1,
            "two answers to one request"
        );
    }

    #[test]
    fn every_answer_has_the_form_that_the_contract_names() {
        let spoilt = |spoil: fn(&mut Answer)| {
            let mut answer = problem(401, "unauthenticated");
            spoil(&mut answer);
            found("status = 401", vec![answer]).len()
        };
        assert_eq!(spoilt(|_| ()), 0);
        assert_eq!(spoilt(|answer| drop(answer.headers.remove("www-authenticate"))), 1);
        assert_eq!(spoilt(|answer| drop(answer.headers.remove("cache-control"))), 1);
        assert_eq!(spoilt(|answer| drop(answer.headers.remove("content-type"))), 1);
        assert!(spoilt(|answer| drop(answer.headers.remove("x-request-id"))) > 0);
        assert_eq!(spoilt(|answer| answer.status = 403), 2);
        let shown = answer(200, &json!({ "hash": "$argon2id$v=19" }));
        assert_eq!(found("status = 200", vec![shown]).len(), 1);
    }

    #[test]
    fn answers_that_differ_in_their_id_only_cannot_be_told_apart() {
        let (one, mut two) = (problem(401, "a"), problem(401, "a"));
        two.headers.insert("x-request-id", HeaderValue::from_static("r-2"));
        two.body = String::from_utf8(two.body).unwrap().replace("r-1", "r-2").into_bytes();
        assert_eq!(told_apart(&one), told_apart(&two));
        assert_ne!(told_apart(&one), told_apart(&problem(401, "b")));
    }
}
