//! Keyset pages: an opaque cursor, bound to the filters it was made for.

use axum::Json;
use axum::http::header::{HeaderValue, LINK};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::query::Params;
use crate::rules::Invalid;

/// Used without `?limit=`.
pub const DEFAULT_LIMIT: u32 = 20;
/// The largest `?limit=`.
pub const MAX_LIMIT: u32 = 100;

/// `?limit=` and `?cursor=`.
#[derive(Debug, Clone)]
pub struct PageRequest<K> {
    /// 1..=100.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<K>,
    filters: u64,
    /// The query string without its cursor.
    query: String,
}

#[derive(Serialize, Deserialize)]
struct Cursor<K> {
    k: K,
    f: u64,
}

impl<K: DeserializeOwned> PageRequest<K> {
    /// Reads both; `filters` is every other parameter that shapes the list, as text. A cursor of other filters is refused.
    pub fn from_params(params: &mut Params, filters: &str) -> Option<Self> {
        let filters = hash(filters);
        let limit = params.optional("limit", |text| {
            // Digits only: `parse` would take a sign too.
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            let limit = text.parse().ok().filter(|limit| digits && (1..=MAX_LIMIT).contains(limit));
            limit.ok_or(Invalid::new("out_of_range", "must be between 1 and 100"))
        });
        let after = params.optional("cursor", |text| {
            let bytes = URL_SAFE_NO_PAD.decode(text).ok();
            let cursor: Option<Cursor<K>> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            cursor
                .filter(|cursor| cursor.f == filters)
                .map(|cursor| cursor.k)
                .ok_or(Invalid::new("invalid_cursor", "is not a cursor of this list"))
        });
        let others: Vec<&str> =
            params.raw().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")).collect();
        let query = others.join("&");
        Some(Self { limit: limit?.unwrap_or(DEFAULT_LIMIT), after: after?, filters, query })
    }
}

impl<K: Serialize> PageRequest<K> {
    /// How many rows to ask for: one more than shown tells whether there is a next page.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes the page of `rows` (at most [`PageRequest::fetch`]); `key` gives the place a row has in the list.
    pub fn page<T>(&self, mut rows: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let limit = self.limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|last| {
            let cursor = Cursor { k: key(last), f: self.filters };
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
        });
        Page { data: rows, next_cursor, query: self.query.clone() }
    }
}

/// A page of a list: `{"data": [...], "next_cursor": "..." | null}`
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// For the next page; null on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
    #[serde(skip)]
    query: String,
}

impl<T> Page<T> {
    /// The same page of other rows.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            data: self.data.into_iter().map(change).collect(),
            next_cursor: self.next_cursor,
            query: self.query,
        }
    }
}

impl<T: Serialize> IntoResponse for Page<T> {
    /// With `Link: <?…&cursor=…>; rel="next"`, a reference relative to the request (RFC 8288, section 3.2).
    fn into_response(self) -> Response {
        let link = self.next_cursor.as_ref().and_then(|cursor| {
            let separator = if self.query.is_empty() { "" } else { "&" };
            HeaderValue::from_str(&format!("<?{}{separator}cursor={cursor}>; rel=\"next\"", self.query)).ok()
        });
        let mut response = Json(self).into_response();
        if let Some(link) = link {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

/// FNV-1a; not a defence, only a check that the cursor fits the list.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{FromParams, read};

    struct List(PageRequest<i64>);

    impl FromParams for List {
        fn from_params(params: &mut Params) -> Option<Self> {
            let q = params.optional("q", |text| Ok(text.to_owned()))?;
            PageRequest::from_params(params, &format!("q={q:?}")).map(Self)
        }
    }

    #[test]
    fn a_cursor_leads_to_the_next_page_of_its_own_filters_only() {
        let List(first) = read("limit=2&q=a").ok().unwrap();
        let page = first.page(vec![1, 2, 3], |row| *row);
        assert_eq!(page.data, [1, 2]);
        let cursor = page.next_cursor.unwrap();
        let List(second) = read(&format!("cursor={cursor}&q=a")).ok().unwrap();
        assert_eq!(second.after, Some(2));
        assert!(read::<List>(&format!("cursor={cursor}&q=b")).is_err());
        assert!(read::<List>("cursor=x&q=a").is_err());
        for limit in ["0", "101", "%2B1", "-1", "1e1", "1.0", ""] {
            assert!(read::<List>(&format!("limit={limit}")).is_err(), "{limit}");
        }
        assert_eq!(second.page(vec![3], |row| *row).next_cursor, None);
    }
}
