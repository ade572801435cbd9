//! Answers are compressed on their way out where that is worth it. Each form has an `ETag` of its own, as RFC 9110, 8.8.3.3
//! wants it; in a request's conditions the service finds its own again.
//!
//! That a length may betray a secret beside what a stranger can write (BREACH) takes a browser that adds the secret by
//! itself; here nothing is in cookies, so a foreign page cannot make such a request.

use std::io;

use async_compression::Level;
use async_compression::tokio::bufread::{BrotliEncoder, GzipEncoder};
use axum::body::Body;
use bytes::Bytes;
use futures::TryStreamExt as _;
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_MATCH, IF_NONE_MATCH, VARY,
};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Either};
use tokio::io::AsyncReadExt as _;
use tokio_util::io::{ReaderStream, StreamReader};

use crate::body::AnswerBody;
use crate::coding::Coding;

/// Fewer bytes fit into one packet as they are.
const SHORTEST: u64 = 1024;
/// Beyond these, time grows faster than length shrinks.
const BROTLI: Level = Level::Precise(4);
const GZIP: Level = Level::Precise(5);

/// What a client's conditions said of codings before the service saw them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Conditions(Option<Coding>);

impl Conditions {
    /// Takes the codings out of the entity tags of `request`, which a service does not know of.
    pub fn strip(request: &mut HeaderMap) -> Self {
        let known = strip(request, &IF_NONE_MATCH);
        strip(request, &IF_MATCH);
        Self(known)
    }
}

fn strip(headers: &mut HeaderMap, name: &HeaderName) -> Option<Coding> {
    let (coding, plain) = {
        let text = headers.get(name)?.to_str().ok()?;
        let coding = Coding::ALL.into_iter().find(|coding| text.contains(&suffix(*coding)))?;
        let plain =
            Coding::ALL.iter().fold(text.to_owned(), |text, coding| text.replace(&suffix(*coding), "\""));
        (coding, HeaderValue::try_from(plain).ok()?)
    };
    headers.insert(name, plain);
    Some(coding)
}

/// How the entity tag of a form ends.
fn suffix(coding: Coding) -> String {
    format!("-{}\"", coding.name())
}

/// Compresses an answer to somebody who takes `wanted`, if that is worth it.
pub fn compress(
    answer: Response<AnswerBody>,
    wanted: Option<Coding>,
    conditions: Conditions,
) -> Response<AnswerBody> {
    let is_same = answer.status() == StatusCode::NOT_MODIFIED;
    if !is_same && !is_compressible(answer.status(), answer.headers()) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    parts.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    if is_same {
        // What is not modified is the form that the client has.
        if let Conditions(Some(coding)) = conditions {
            mark(&mut parts.headers, coding);
        }
        return Response::from_parts(parts, body);
    }
    let Some(coding) = wanted else { return Response::from_parts(parts, body) };
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    mark(&mut parts.headers, coding);
    let plain = StreamReader::new(body.into_data_stream().map_err(io::Error::other));
    let packed = match coding {
        Coding::Brotli => Body::from_stream(ReaderStream::new(BrotliEncoder::with_quality(plain, BROTLI))),
        Coding::Gzip => Body::from_stream(ReaderStream::new(GzipEncoder::with_quality(plain, GZIP))),
    };
    Response::from_parts(parts, Either::Right(packed))
}

/// All of a text, compressed at once.
///
/// # Panics
/// Never: memory can be read and written.
pub async fn pack(plain: &[u8], coding: Coding) -> Bytes {
    let mut packed = Vec::with_capacity(plain.len() / 4);
    let done = match coding {
        Coding::Brotli => BrotliEncoder::with_quality(plain, BROTLI).read_to_end(&mut packed).await,
        Coding::Gzip => GzipEncoder::with_quality(plain, GZIP).read_to_end(&mut packed).await,
    };
    done.expect("memory can be read and written");
    packed.into()
}

/// Whether it is text, long enough, and as it was made.
#[must_use]
pub fn is_compressible(status: StatusCode, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let length = text(CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    !matches!(status, StatusCode::NO_CONTENT | StatusCode::PARTIAL_CONTENT)
        && length.is_none_or(|length| length >= SHORTEST)
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        && text(CACHE_CONTROL).is_none_or(|control| !control.contains("no-transform"))
        && text(CONTENT_TYPE).is_some_and(is_text)
}

fn is_text(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    match media_type {
        // Each event is to be there at once.
        "text/event-stream" => false,
        "application/json" | "application/problem+json" | "application/x-ndjson" | "image/svg+xml" => true,
        _ => media_type.starts_with("text/"),
    }
}

/// Tells the form's entity tag from that of others.
pub fn mark(headers: &mut HeaderMap, coding: Coding) {
    let tag = headers.get(ETAG).and_then(|tag| tag.to_str().ok()?.strip_suffix('"'));
    let marked = tag.and_then(|tag| HeaderValue::try_from(format!("{tag}{}", suffix(coding))).ok());
    if let Some(marked) = marked {
        headers.insert(ETAG, marked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(headers: &[(HeaderName, &'static str)], status: u16) -> Response<AnswerBody> {
        let mut answer = Response::new(Either::Right(Body::from("{}".repeat(1000))));
        *answer.status_mut() = StatusCode::from_u16(status).unwrap();
        for (name, value) in headers {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        answer
    }

    fn is_it(headers: &[(HeaderName, &'static str)], status: u16) -> bool {
        let answer = answer(headers, status);
        is_compressible(answer.status(), answer.headers())
    }

    const JSON: (HeaderName, &str) = (CONTENT_TYPE, "application/json");

    #[test]
    fn long_text_is_compressed_and_nothing_else() {
        let yes: [&[(HeaderName, &'static str)]; 4] = [
            &[JSON],
            &[JSON, (CONTENT_LENGTH, "1024")],
            &[(CONTENT_TYPE, "application/problem+json")],
            &[(CONTENT_TYPE, "text/csv; charset=utf-8"), (CACHE_CONTROL, "private, no-store")],
        ];
        for headers in yes {
            assert!(is_it(headers, 200), "{headers:?}");
        }
        let no: [&[(HeaderName, &'static str)]; 7] = [
            &[],
            &[JSON, (CONTENT_LENGTH, "1023")],
            &[JSON, (CONTENT_ENCODING, "zstd")],
            &[JSON, (CONTENT_RANGE, "bytes 0-1/2")],
            &[JSON, (CACHE_CONTROL, "public, no-transform")],
            &[(CONTENT_TYPE, "text/event-stream")],
            &[(CONTENT_TYPE, "application/pdf")],
        ];
        for headers in no {
            assert!(!is_it(headers, 200), "{headers:?}");
        }
        assert!(!is_it(&[JSON], 206));
    }

    #[test]
    fn each_form_has_its_tag_and_the_service_finds_its_own() {
        let plain = answer(&[JSON, (ETAG, "\"7\"")], 200);
        let packed = compress(plain, Some(Coding::Brotli), Conditions::default());
        assert_eq!(packed.headers()[ETAG], "\"7-br\"");
        assert_eq!(packed.headers()[VARY], "accept-encoding");
        let mut request = HeaderMap::from_iter([
            (IF_NONE_MATCH, HeaderValue::from_static("\"7-br\", W/\"6-gzip\"")),
            (IF_MATCH, HeaderValue::from_static("\"7-gzip\"")),
        ]);
        let conditions = Conditions::strip(&mut request);
        assert_eq!(request[IF_NONE_MATCH], "\"7\", W/\"6\"");
        assert_eq!(request[IF_MATCH], "\"7\"");
        let same = compress(answer(&[(ETAG, "\"7\"")], 304), None, conditions);
        assert_eq!(same.headers()[ETAG], "\"7-br\"");
    }

    #[test]
    fn conditions_without_codings_stay_as_they_are() {
        let mut request = HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static("\"7\""))]);
        let conditions = Conditions::strip(&mut request);
        assert_eq!(request[IF_MATCH], "\"7\"");
        let same = compress(answer(&[(ETAG, "\"7\"")], 304), Some(Coding::Gzip), conditions);
        assert_eq!(same.headers()[ETAG], "\"7\"");
    }
}
