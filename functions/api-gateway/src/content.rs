//! What is served as it is: compressed once, with a strong `ETag` for each form.

use std::io::{Read as _, Write as _};
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use cartwright_web::etag;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, VARY};

use crate::coding::Coding;

/// A body with what HTTP needs to know of it.
pub struct Content {
    media_type: &'static str,
    cache_control: &'static str,
    gzip: Bytes,
    /// For the few who do not take gzip.
    plain: OnceLock<Bytes>,
    hash: String,
}

impl Content {
    /// From text.
    ///
    /// # Panics
    /// Never: memory takes all that is written to it.
    #[must_use]
    pub fn of_text(text: &str, media_type: &'static str, cache_control: &'static str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text.as_bytes()).expect("memory takes all that is written");
        let packed = encoder.finish().expect("memory takes all that is written");
        Self::new(packed.into(), media_type, cache_control)
    }

    /// From what was compressed before.
    #[must_use]
    pub fn of_gzip(packed: &'static [u8], media_type: &'static str, cache_control: &'static str) -> Self {
        Self::new(Bytes::from_static(packed), media_type, cache_control)
    }

    fn new(gzip: Bytes, media_type: &'static str, cache_control: &'static str) -> Self {
        let mut start = [0; 16];
        start.copy_from_slice(&digest(&SHA256, &gzip).as_ref()[..16]);
        let hash = format!("{:032x}", u128::from_be_bytes(start));
        Self { media_type, cache_control, gzip, plain: OnceLock::new(), hash }
    }

    /// The body as it is without compression.
    ///
    /// # Panics
    /// Never: it was compressed by this program or its build.
    pub fn plain(&self) -> &Bytes {
        self.plain.get_or_init(|| {
            let mut plain = Vec::new();
            GzDecoder::new(&*self.gzip).read_to_end(&mut plain).expect("this program compressed it");
            plain.into()
        })
    }

    /// The whole answer, or 304.
    #[must_use]
    pub fn answer(&self, request: &HeaderMap) -> Response {
        let packed = Coding::Gzip.is_taken(request);
        let tag =
            if packed { etag::strong(&format!("{}-gzip", self.hash)) } else { etag::strong(&self.hash) };
        let mut answer = Response::new(Body::empty());
        if etag::is_not_modified(request, &tag) {
            *answer.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *answer.body_mut() = if packed { self.gzip.clone() } else { self.plain().clone() }.into();
            let headers = answer.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.media_type));
            if packed {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        let headers = answer.headers_mut();
        headers.insert(ETAG, tag);
        headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(self.cache_control));
        answer
    }
}
