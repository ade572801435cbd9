//! An answer with what `?expand=` names, all of it asked for at the same time, in the client's name. The service that the client
//! addressed decides: unless it says 200, its answer is the answer, and nothing else is waited for or told.

use std::sync::LazyLock;

use axum::body::Body;
use bytes::Bytes;
use cartwright_runtime::metrics::{self, IntCounterVec};
use futures::future::{join_all, try_join};
use http::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
};
use http::{Method, Response, StatusCode, response};
use http_body_util::{BodyExt as _, Collected, Either, Limited};
use tokio::time::Instant;

use super::Visit;
use crate::body::{AnswerBody, Upload};
use crate::coding::Coding;
use crate::compress::{Conditions, compress};
use crate::error::Refusal;
use crate::expand::{Wanted, join, read};
use crate::identity::Caller;
use crate::routes::{Expansion, Route};
use crate::upstream::{Outgoing, Passing};

/// Bytes of an answer that something is added to, and of each part.
const LARGEST: usize = 512 * 1024;

/// A guest's key to an order: for the service that the client addressed, and no other.
const ORDER_TOKEN: HeaderName = HeaderName::from_static("x-order-token");

static PARTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    metrics::counter("expansions_total", "Parts added to answers, by what came of it", &["name", "outcome"])
});

/// What ends it before there is anything to add to: an answer that goes on as it is, or none.
type Otherwise = Result<Response<AnswerBody>, Refusal>;

impl Visit<'_> {
    /// The answer of `route` with what is `wanted`.
    pub(super) async fn expand(
        &self,
        route: &Route,
        caller: &Caller,
        upload: &Upload,
        wanted: &Wanted,
    ) -> Result<Response<AnswerBody>, Refusal> {
        let parts = wanted.parts.iter().map(|part| self.part(route, caller, wanted, part));
        // No part of a HEAD would be seen.
        let parts = parts.filter(|_| self.parts.method == Method::GET);
        let parts = async { Ok(join_all(parts).await) };
        let ((mut head, body), parts) = match try_join(self.whole(route, caller, upload, wanted), parts).await
        {
            Ok(both) => both,
            Err(otherwise) => return otherwise,
        };
        let whole = join(&body, &parts)?;
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(whole.len()));
        let answer = Response::from_parts(head, Either::Right(Body::from(whole)));
        Ok(compress(answer, self.coding(), Conditions::default()))
    }

    /// What is added to: the service's answer, read to its end. It has no `ETag`, which would say nothing of the parts, and meets
    /// no condition.
    async fn whole(
        &self,
        route: &Route,
        caller: &Caller,
        upload: &Upload,
        wanted: &Wanted,
    ) -> Result<(response::Parts, Bytes), Otherwise> {
        let end = Instant::now() + route.timeout;
        let headers = self.introduced(route.service, route.timeout, caller, &self.parts.headers, None);
        let mut headers = headers.map_err(Err)?;
        headers.remove(IF_NONE_MATCH);
        headers.remove(ACCEPT_ENCODING);
        let answer = self.send(route, &wanted.target, headers, upload).await.map_err(Err)?;
        let (mut head, body) = answer.into_parts();
        let (is_head, is_whole) = (self.parts.method == Method::HEAD, head.status == StatusCode::OK);
        if is_whole {
            head.headers.remove(ETAG);
            head.headers.remove(CONTENT_LENGTH);
        }
        if is_head {
            return Err(Ok(Response::from_parts(head, Either::Left(body))));
        }
        if !is_whole {
            let (answer, coding) = (Response::from_parts(head, Either::Left(body)), self.coding());
            return Err(Ok(compress(answer, coding, Conditions::default())));
        }
        Ok((head, bounded(body, end).await.map_err(Err)?))
    }

    /// A part under its name, or why it is missing.
    async fn part(
        &self,
        route: &Route,
        caller: &Caller,
        wanted: &Wanted,
        part: &Expansion,
    ) -> (&'static str, Result<Bytes, Refusal>) {
        let asked = self.ask(route, caller, wanted, part).await;
        let outcome = match &asked {
            Ok(_) => "ok",
            Err(refusal) => {
                let (name, upstream) = (part.name, part.service.name());
                tracing::warn!(name, upstream, error = %refusal, "an answer goes without a part");
                refusal.problem().code
            }
        };
        PARTS.with_label_values(&[part.name, outcome]).inc();
        (part.name, asked)
    }

    /// Of the client's own words only those about the thing go along, and only to the service that they were meant for.
    async fn ask(
        &self,
        route: &Route,
        caller: &Caller,
        wanted: &Wanted,
        part: &Expansion,
    ) -> Result<Bytes, Refusal> {
        let end = Instant::now() + part.patience;
        let is_meant = part.service == route.service;
        let token = self.parts.headers.get(ORDER_TOKEN).filter(|_| is_meant);
        let own: HeaderMap = token.map(|token| (ORDER_TOKEN, token.clone())).into_iter().collect();
        let outgoing = Outgoing {
            method: &Method::GET,
            target: &wanted.target_of(part, is_meant)?,
            headers: self.introduced(part.service, part.patience, caller, &own, None)?,
            upload: &Upload::NONE,
            repeatable: true,
            first: false,
        };
        let answer = self.gateway.upstreams.send(part.service, outgoing, part.patience).await?;
        let status = answer.status();
        read(status, bounded(answer.into_body(), end).await?)
    }

    fn coding(&self) -> Option<Coding> {
        Coding::wanted(&self.parts.headers)
    }
}

/// A body as a whole, if it is not too long and there by then.
async fn bounded(body: Passing, end: Instant) -> Result<Bytes, Refusal> {
    let reading = Limited::new(body, LARGEST).collect();
    let read = tokio::time::timeout_at(end, reading).await.map_err(|_| Refusal::Overdue)?;
    read.map(Collected::to_bytes).map_err(|error| {
        tracing::warn!(error, "an answer broke off or is too long to be added to");
        Refusal::Broken
    })
}
