//! `?expand=`: what a request wants beside the answer, and the answer with it. No I/O.

use std::collections::BTreeMap;

use bytes::Bytes;
use form_urlencoded::parse;
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, StatusCode};
use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::error::Refusal;
use crate::routes::{Expansion, Route};

/// The parameter.
pub const PARAMETER: &str = "expand";
/// The member that says which parts are missing.
pub const ERRORS: &str = "expand_errors";

/// What a request wants.
#[derive(Debug)]
pub struct Wanted {
    /// In the order of the request.
    pub parts: Vec<&'static Expansion>,
    /// The client's path and query, without the parameter: the service has no meaning for it.
    pub target: PathAndQuery,
    /// Of what.
    id: Uuid,
}

impl Wanted {
    /// None: nothing, or nothing that the route has. What is no id has no parts, and its service says that it is not there.
    ///
    /// # Errors
    /// 422 when it names what there is not, or something twice.
    pub fn of(route: &Route, request: &Parts) -> Result<Option<Self>, Refusal> {
        let (path, Some(query)) = (request.uri.path(), request.uri.query()) else { return Ok(None) };
        if route.expansions.is_empty() || !matches!(request.method, Method::GET | Method::HEAD) {
            return Ok(None);
        }
        let (own, rest): (Vec<_>, Vec<_>) = query.split('&').partition(is_ours);
        let id = path.trim_end_matches('/').rsplit('/').next().and_then(|id| Uuid::try_parse(id).ok());
        let Some(id) = id.filter(|_| !own.is_empty()) else { return Ok(None) };
        let mut parts = Vec::new();
        let (mut unknown, mut repeated) = (false, own.len() > 1);
        for (_, value) in own.iter().flat_map(|pair| parse(pair.as_bytes())) {
            for name in value.split(',') {
                match route.expansions.iter().find(|expansion| expansion.name == name) {
                    None => unknown = true,
                    Some(part) if parts.contains(&part) => repeated = true,
                    Some(part) => parts.push(part),
                }
            }
        }
        if unknown || repeated {
            return Err(Refusal::NoExpansion { known: route.expansions, unknown, repeated });
        }
        Ok(Some(Self { parts, target: target(path, &rest)?, id }))
    }

    /// What the service of a part is asked. The rest of the query goes along `with_query`: it may hold what opens the thing to its
    /// reader.
    ///
    /// # Errors
    /// 400 when it cannot be a target, which no path of the table is.
    pub fn target_of(&self, part: &Expansion, with_query: bool) -> Result<PathAndQuery, Refusal> {
        let path = part.path.replace("{id}", &self.id.to_string());
        let query = self.target.query().filter(|_| with_query);
        target(&path, query.as_slice())
    }
}

fn is_ours(pair: &&str) -> bool {
    parse(pair.as_bytes()).next().is_some_and(|(name, _)| name == PARAMETER)
}

fn target(path: &str, query: &[&str]) -> Result<PathAndQuery, Refusal> {
    let query = query.join("&");
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    text.try_into().map_err(|_| Refusal::MalformedPath)
}

/// What a service said to the question for a part: the JSON array, or why there is none.
///
/// # Errors
/// As the answer would be, had the client asked.
pub fn read(status: StatusCode, body: Bytes) -> Result<Bytes, Refusal> {
    let is_list = || {
        let text = std::str::from_utf8(&body).ok();
        text.is_some_and(|text| serde_json::from_str::<Vec<IgnoredAny>>(text).is_ok())
    };
    match status {
        StatusCode::OK if is_list() => Ok(body),
        StatusCode::SERVICE_UNAVAILABLE => Err(Refusal::Away),
        StatusCode::GATEWAY_TIMEOUT => Err(Refusal::Overdue),
        _ => Err(Refusal::Broken),
    }
}

/// A JSON object with parts added at its end, and `expand_errors` if any of them is missing: null, then.
///
/// # Errors
/// It is no JSON object.
pub fn join(object: &[u8], parts: &[(&str, Result<Bytes, Refusal>)]) -> Result<Vec<u8>, Refusal> {
    #[derive(Serialize)]
    struct Missing<'a> {
        name: &'a str,
        code: &'static str,
    }
    let text = std::str::from_utf8(object).map_err(|_| Refusal::Broken)?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| Refusal::Broken)?;
    let open = text.trim_end().strip_suffix('}').ok_or(Refusal::Broken)?;
    let added: usize = parts.iter().flat_map(|(_, part)| part).map(Bytes::len).sum();
    let mut whole = Vec::with_capacity(open.len() + added + 256);
    whole.extend_from_slice(open.as_bytes());
    let mut is_first = members.is_empty();
    let mut add = |name: &str, value: &[u8]| {
        if !std::mem::replace(&mut is_first, false) {
            whole.push(b',');
        }
        // Names are the table's: none needs an escape.
        whole.extend_from_slice(format!("\"{name}\":").as_bytes());
        whole.extend_from_slice(value);
    };
    let mut missing = Vec::new();
    for (name, part) in parts {
        match part {
            Ok(value) => add(name, value),
            Err(refusal) => {
                add(name, b"null");
                missing.push(Missing { name, code: refusal.problem().code });
            }
        }
    }
    if !missing.is_empty() {
        add(ERRORS, &serde_json::to_vec(&missing).map_err(|_| Refusal::Broken)?);
    }
    whole.push(b'}');
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::routes::{ROUTES, find};

    const ID: &str = "0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10";

    fn wanted(method: &str, target: &str) -> Result<Option<Wanted>, Refusal> {
        let (parts, ()) = Request::builder().method(method).uri(target).body(()).unwrap().into_parts();
        Wanted::of(find(&ROUTES, parts.uri.path()).unwrap(), &parts)
    }

    fn names(query: &str) -> Vec<&'static str> {
        let wanted = wanted("GET", &format!("/orders/{ID}?{query}")).unwrap().unwrap();
        wanted.parts.iter().map(|part| part.name).collect()
    }

    #[test]
    fn parts_come_in_the_order_of_the_request_and_the_service_is_not_told_of_them() {
        assert_eq!(names("expand=payments,notifications"), ["payments", "notifications"]);
        assert_eq!(names("expand=notifications%2Cpayments"), ["notifications", "payments"]);
        assert_eq!(names("%65xpand=payments"), ["payments"]);
        for (query, left) in [
            ("expand=payments", ""),
            ("order_token=a%2Bb&expand=payments", "?order_token=a%2Bb"),
            ("a=1&expand=payments&b=2", "?a=1&b=2"),
        ] {
            let wanted = wanted("GET", &format!("/orders/{ID}/?{query}")).unwrap().unwrap();
            assert_eq!(wanted.target.as_str(), format!("/orders/{ID}/{left}"));
            let path = format!("/internal/orders/{ID}/payments");
            assert_eq!(wanted.target_of(wanted.parts[0], true).unwrap().as_str(), format!("{path}{left}"));
            assert_eq!(wanted.target_of(wanted.parts[0], false).unwrap().as_str(), path);
        }
    }

    #[test]
    fn an_unknown_or_repeated_name_is_refused() {
        for (query, expected) in [
            ("expand=", (true, false)),
            ("expand", (true, false)),
            ("expand=payments,", (true, false)),
            ("expand=Payments", (true, false)),
            ("expand=%ff", (true, false)),
            ("expand=payments,payments", (false, true)),
            ("expand=payments&expand=notifications", (false, true)),
            ("expand=payments,payments,refunds", (true, true)),
        ] {
            let refusal = wanted("GET", &format!("/orders/{ID}?{query}")).unwrap_err();
            let Refusal::NoExpansion { unknown, repeated, .. } = refusal else {
                panic!("{query}: {refusal}")
            };
            assert_eq!((unknown, repeated), expected, "{query}");
        }
    }

    #[test]
    fn where_nothing_can_be_added_the_parameter_is_the_services_business() {
        for (method, target) in [
            ("GET", format!("/orders/{ID}")),
            ("GET", format!("/orders/{ID}?expanded=payments")),
            ("GET", format!("/orders/{ID}/events?expand=payments")),
            ("GET", "/orders?expand=payments".to_owned()),
            ("GET", "/orders/0198?expand=payments".to_owned()),
            ("GET", format!("/products/{ID}?expand=payments")),
            ("PATCH", format!("/orders/{ID}?expand=payments")),
        ] {
            assert!(wanted(method, &target).unwrap().is_none(), "{method} {target}");
        }
    }

    #[test]
    fn what_was_there_stays_as_it_was_and_what_is_missing_is_null_and_named() {
        let list = |text: &'static str| Ok(Bytes::from_static(text.as_bytes()));
        let joined =
            |object: &str, parts: &[_]| String::from_utf8(join(object.as_bytes(), parts).unwrap()).unwrap();
        let order = "{\"z\": 1.50, \"a\": \"\\u00e9}\"} \n";
        assert_eq!(
            joined(order, &[("payments", list("[ {} ]"))]),
            "{\"z\": 1.50, \"a\": \"\\u00e9}\",\"payments\":[ {} ]}"
        );
        assert_eq!(
            joined("{ }", &[("notifications", Err(Refusal::Overdue)), ("payments", list("[]"))]),
            "{ \"notifications\":null,\"payments\":[],\
             \"expand_errors\":[{\"name\":\"notifications\",\"code\":\"upstream_timeout\"}]}"
        );
        for object in ["", "[]", "{", "{}}", "null", "{\"a\":1} {}"] {
            assert_eq!(join(object.as_bytes(), &[]), Err(Refusal::Broken), "{object}");
        }
        assert_eq!(join(b"{\"a\":\"\xff\"}", &[]), Err(Refusal::Broken));
    }

    #[test]
    fn a_part_is_a_list_or_an_error() {
        let read = |status, body: &'static [u8]| super::read(status, Bytes::from_static(body));
        assert_eq!(read(StatusCode::OK, b"[{\"a\": 1}]").unwrap(), "[{\"a\": 1}]");
        for body in [&b"{}"[..], b"[", b"[]]", b"", b"[\"\xff\"]"] {
            assert_eq!(read(StatusCode::OK, body), Err(Refusal::Broken), "{body:?}");
        }
        for (status, refusal) in [
            (StatusCode::SERVICE_UNAVAILABLE, Refusal::Away),
            (StatusCode::GATEWAY_TIMEOUT, Refusal::Overdue),
            (StatusCode::NOT_FOUND, Refusal::Broken),
            (StatusCode::INTERNAL_SERVER_ERROR, Refusal::Broken),
        ] {
            assert_eq!(read(status, b"[]"), Err(refusal));
        }
    }
}
