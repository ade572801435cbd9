//! One answer that is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use cartwright_web::etag;
use http::header::{
    AGE, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderMap, HeaderName,
    HeaderValue, LINK, SET_COOKIE, VARY,
};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Either};
use tokio::sync::OnceCell;
use tokio::time::Instant;

use super::{Fetched, Refresh};
use crate::body::AnswerBody;
use crate::coding::Coding;
use crate::compress;
use crate::error::Refusal;
use crate::upstream::Passing;

/// Bytes of an answer that are kept at most.
const LARGEST: u64 = 256 * 1024;
/// The headers that are kept; what else an answer has is about the one request.
const KEPT: [HeaderName; 5] = [CACHE_CONTROL, CONTENT_TYPE, ETAG, LINK, VARY];

/// An answer.
pub struct Entry {
    headers: HeaderMap,
    body: Bytes,
    /// In the order of [`Coding::ALL`], made when somebody wants it.
    packed: [OnceCell<Bytes>; 2],
    is_compressible: bool,
    is_by_language: bool,
    generation: u64,
    since: Instant,
    life: Duration,
    is_refreshed: AtomicBool,
}

impl Entry {
    /// Reads an answer to its end if it may be kept; `generation` is that of the moment when it was asked for.
    ///
    /// # Errors
    /// It breaks off.
    pub async fn of(answer: Response<Passing>, generation: u64) -> Result<Fetched, Refusal> {
        let Some(life) = life(&answer) else { return Ok(Fetched::Passing(answer)) };
        let since = Instant::now();
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_| Refusal::Broken)?.to_bytes();
        let mut headers = HeaderMap::with_capacity(KEPT.len() + 3);
        for name in KEPT {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        let is_by_language = headers.contains_key(VARY);
        let is_compressible = compress::is_compressible(parts.status, &parts.headers);
        if is_compressible {
            headers.append(VARY, HeaderValue::from_static("accept-encoding"));
        }
        Ok(Fetched::Kept(Arc::new(Self {
            headers,
            body,
            packed: [OnceCell::new(), OnceCell::new()],
            is_compressible,
            is_by_language,
            generation,
            since,
            life,
            is_refreshed: AtomicBool::new(false),
        })))
    }

    /// Whether it still counts.
    pub(super) fn counts(&self, generation: u64) -> bool {
        self.generation == generation && self.since.elapsed() < self.life
    }

    /// Whether it is time to ask for it again; said to one only.
    pub(super) fn refresh(&self) -> Refresh {
        let is_old = self.since.elapsed() * 3 > self.life * 2;
        if is_old && !self.is_refreshed.swap(true, Ordering::Relaxed) { Refresh::Yes } else { Refresh::No }
    }

    /// Whether it depends on the language of the request.
    pub(super) const fn is_by_language(&self) -> bool {
        self.is_by_language
    }

    /// Its bytes, with what its packed forms may have.
    pub(super) fn weight(&self) -> usize {
        self.body.len() + if self.is_compressible { self.body.len() / 2 } else { 0 }
    }

    /// The answer to `request`.
    pub async fn answer(&self, request: &HeaderMap) -> Response<AnswerBody> {
        let coding = if self.is_compressible { Coding::wanted(request) } else { None };
        let mut headers = self.headers.clone();
        headers.insert(AGE, HeaderValue::from(self.since.elapsed().as_secs()));
        if let Some(coding) = coding {
            compress::mark(&mut headers, coding);
        }
        let mut answer = Response::new(Either::Right(Body::empty()));
        if headers.get(ETAG).is_some_and(|tag| etag::is_not_modified(request, tag)) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
            headers.remove(CONTENT_TYPE);
        } else {
            let body = match coding {
                None => self.body.clone(),
                Some(coding) => {
                    headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
                    let packed = &self.packed[coding as usize];
                    packed.get_or_init(|| compress::pack(&self.body, coding)).await.clone()
                }
            };
            headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
            *answer.body_mut() = Either::Right(Body::from(body));
        }
        *answer.headers_mut() = headers;
        answer
    }
}

/// For how long an answer may be kept; None: not at all (RFC 9111, section 3).
fn life(answer: &Response<Passing>) -> Option<Duration> {
    let headers = answer.headers();
    let text = |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let length: u64 = text(&CONTENT_LENGTH)?.parse().ok()?;
    let is_plain = answer.status() == StatusCode::OK
        && length <= LARGEST
        && !headers.contains_key(SET_COOKIE)
        && !headers.contains_key(CONTENT_ENCODING)
        && text(&VARY).is_none_or(|vary| vary.eq_ignore_ascii_case("accept-language"))
        && headers.get_all(CACHE_CONTROL).iter().count() == 1;
    if !is_plain {
        return None;
    }
    let directives = || text(&CACHE_CONTROL).into_iter().flat_map(|value| value.split(',')).map(str::trim);
    if !directives().any(|directive| directive == "public") {
        return None;
    }
    let seconds: u64 = directives().find_map(|directive| directive.strip_prefix("max-age="))?.parse().ok()?;
    // What another cache has kept it for is over.
    let age: u64 = text(&AGE).map_or(Some(0), |age| age.parse().ok())?;
    let left = seconds.checked_sub(age).filter(|left| *left > 0)?;
    Some(Duration::from_secs(left))
}
