//! The operations that the tables of `../shared/design/api.md` name.

use std::collections::BTreeSet;

use crate::lists::Contract;
use crate::operation::{Operation, is_method};

/// Rows that are no part of what the gateway gives to the outside.
const OUTSIDE: [&str; 2] = ["/internal", "/metrics"];

/// Reads them out of the tables whose first column is `method, path`. A row that routes (`* /auth/*`) is none. Where a
/// row shortens (`…/{id}`, `/twilio` after `/webhooks/sendgrid`) the path before it completes it.
#[must_use]
pub fn named_in(design: &str) -> BTreeSet<Operation> {
    let mut named = BTreeSet::new();
    let mut in_table = false;
    for line in design.lines() {
        let Some(cell) = line.strip_prefix('|').and_then(|rest| rest.split(" |").next()) else {
            in_table = false;
            continue;
        };
        if cell.trim() == "method, path" {
            in_table = true;
        } else if in_table && !cell.starts_with("--") && !cell.trim_start().starts_with('*') {
            named.extend(operations_of(cell));
        }
    }
    named.retain(|operation| !OUTSIDE.iter().any(|outside| operation.path.starts_with(outside)));
    named
}

/// Every operation that api.md names is promised by `contract.txt`. A row that gives one path for a list and for what
/// is in it (`GET/POST/PUT /tax-rates`) is also met by the path with one more parameter.
#[must_use]
pub fn paths_rule(contract: &Contract, design: &str) -> Vec<String> {
    let met = |operation: &Operation| {
        let inside = Operation::new(&operation.method, &format!("{}/{{id}}", operation.path));
        contract.promised.contains(operation) || contract.promised.contains(&inside)
    };
    let missing = named_in(design).into_iter().filter(|operation| !met(operation));
    missing.map(|operation| format!("{operation} is in api.md but not in contract.txt")).collect()
}

/// Words and `code` of a cell, in order: methods wait for the paths that follow them.
fn operations_of(cell: &str) -> Vec<Operation> {
    let (mut found, mut methods, mut last) = (Vec::new(), Vec::<String>::new(), String::new());
    let mut fresh = false;
    for (at, part) in cell.split('`').enumerate() {
        if at % 2 == 0 {
            for word in part.split(|letter: char| !letter.is_ascii_uppercase()).filter(|word| is_method(word))
            {
                if !std::mem::replace(&mut fresh, true) {
                    methods.clear();
                }
                methods.push(word.to_owned());
            }
            continue;
        }
        for path in paths_of(part, &last) {
            found.extend(methods.iter().map(|method| Operation::new(method, &path)));
            last = path;
            fresh = false;
        }
    }
    if fresh {
        // `GET/POST /images, PATCH, DELETE`: methods at the end, of the same path.
        found.extend(methods.iter().map(|method| Operation::new(method, &last)));
    }
    found
}

/// The paths that a piece of code gives, completed by the one before; none if it is something else, as a body.
fn paths_of(code: &str, last: &str) -> Vec<String> {
    let code = code.split('?').next().unwrap_or_default().replace(" or ", "_");
    let code = code.split_once('[').map_or(code.as_str(), |(list, _)| list);
    let full = if let Some(rest) = code.strip_prefix('…') {
        completed(last, rest)
    } else if code.starts_with('/') {
        let siblings = !last.is_empty() && last.matches('/').count() > 1 && code.matches('/').count() == 1;
        let parent = last.rsplit_once('/').map_or("", |(parent, _)| parent);
        // `/resend` after `/notifications/{id}/cancel`, but `/orders` after anything is `/orders`.
        if siblings && !TOP.contains(&code) { format!("{parent}{code}") } else { code.to_owned() }
    } else {
        return Vec::new();
    };
    match full.split_once('{').filter(|(_, rest)| rest.contains(',')).and_then(|_| full.rsplit_once('/')) {
        Some((parent, choice)) if choice.contains(',') => {
            choice.trim_matches(['{', '}']).split(',').map(|one| format!("{parent}/{one}")).collect()
        }
        _ => vec![full],
    }
}

/// Paths of one segment that stand for themselves.
const TOP: [&str; 10] = [
    "/users",
    "/products",
    "/categories",
    "/inventory",
    "/cart",
    "/orders",
    "/api-keys",
    "/shipping-methods",
    "/tax-rates",
    "/promotions",
];

/// `…/returns/{id}/approve` after `/orders/{id}/returns` goes on at the segment that both have.
fn completed(last: &str, rest: &str) -> String {
    let first = rest.split('/').nth(1).unwrap_or_default();
    let literal = !first.starts_with('{');
    match last.rfind(&format!("/{first}")).filter(|_| literal) {
        Some(at) => format!("{}{rest}", &last[..at]),
        None => format!("{last}{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(cell: &str) -> Vec<String> {
        let table =
            format!("| method, path | who | what |\n|---|---|---|\n| {cell} | all | GET `/nothing` |\n");
        named_in(&table).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn methods_belong_to_the_paths_that_follow_them() {
        assert_eq!(
            named("POST `/auth/logout`, `/auth/logout-all` · GET `/auth/sessions`"),
            ["POST /auth/logout", "POST /auth/logout-all", "GET /auth/sessions"]
        );
        assert_eq!(
            named("GET (and POST, for Apple) `/a/callback` `{code}`"),
            ["GET /a/callback", "POST /a/callback"]
        );
        assert_eq!(
            named("GET/POST `/products/{id}/images`, PATCH (position, alt)"),
            ["GET /products/{id}/images", "PATCH /products/{id}/images", "POST /products/{id}/images"]
        );
    }

    #[test]
    fn shortened_paths_are_completed_by_the_one_before() {
        assert_eq!(
            named("GET `/users/{id}/addresses`, PUT `…/{address_id}`"),
            ["GET /users/{id}/addresses", "PUT /users/{id}/addresses/{address_id}"]
        );
        assert_eq!(
            named("GET `/orders/{id}/returns`, POST `…/returns/{id}/{approve,reject}`"),
            [
                "GET /orders/{id}/returns",
                "POST /orders/{id}/returns/{id}/approve",
                "POST /orders/{id}/returns/{id}/reject"
            ]
        );
        assert_eq!(named("POST `/webhooks/sendgrid`, `/twilio`").len(), 2);
        assert_eq!(
            named("POST `/notifications/{id}/cancel` · `/resend`"),
            ["POST /notifications/{id}/cancel", "POST /notifications/{id}/resend"]
        );
        assert_eq!(named("GET `/orders/{id}/x` · GET `/orders`"), ["GET /orders", "GET /orders/{id}/x"]);
    }

    #[test]
    fn routing_rows_internal_paths_and_other_tables_are_left_out() {
        assert!(named("* `/auth/*` `/users/*`").is_empty());
        assert!(named("POST `/internal/quotes`").is_empty());
        assert!(named_in("| topic | rule |\n|---|---|\n| GET `/users` | yes |\n").is_empty());
    }
}
