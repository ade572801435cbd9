//! What everybody may read, from what is kept of it.

use std::sync::Arc;

use cartwright_types::Role;
use http::header::{ACCEPT_LANGUAGE, HeaderValue};
use http::{Method, Response};
use http_body_util::Either;

use super::Visit;
use crate::body::{AnswerBody, Upload};
use crate::cache::{Fetched, Read, Refresh};
use crate::coding::Coding;
use crate::compress::{Conditions, compress};
use crate::error::Refusal;
use crate::identity::Caller;
use crate::public_read::PublicRead;
use crate::routes::Route;

impl Visit<'_> {
    /// Whether the answer would be the same for everybody; staff are told what is true now.
    pub(super) fn is_public_read(&self, caller: &Caller, upload: &Upload) -> bool {
        matches!(self.parts.method, Method::GET | Method::HEAD)
            && upload.is_none()
            && caller.role() < Some(Role::Staff)
    }

    /// None: nothing is kept of it.
    pub(super) async fn read_public(
        &self,
        route: &'static Route,
        caller: &Caller,
    ) -> Result<Option<Response<AnswerBody>>, Refusal> {
        let cache = &self.gateway.cache;
        let target = self.parts.uri.path_and_query().ok_or(Refusal::MalformedPath)?;
        let language = self.parts.headers.get(ACCEPT_LANGUAGE);
        let ask = || -> Result<PublicRead, Refusal> {
            let headers = PublicRead::headers(language);
            Ok(PublicRead {
                upstreams: self.gateway.upstreams.clone(),
                route,
                target: target.clone(),
                headers: self.introduced(route.service, route.timeout, &Caller::Anonymous, &headers, None)?,
                generation: cache.generation(),
            })
        };
        let words = language.map_or(Ok(""), HeaderValue::to_str);
        let Ok(words) = words else { return Ok(None) };
        match cache.read(target.as_str(), words, async || ask()?.fetch().await).await? {
            Read::Pass => Ok(None),
            // What is not public may be another answer to somebody than to nobody (403 and not 401).
            Read::Passing(_) if caller.role().is_some() => Ok(None),
            Read::Passing(answer) => {
                let wanted = Coding::wanted(&self.parts.headers);
                Ok(Some(compress(answer.map(Either::Left), wanted, Conditions::default())))
            }
            Read::Kept(entry, refresh) => {
                if refresh == Refresh::Yes {
                    let (read, cache) = (ask()?, Arc::clone(cache));
                    let (target, words) = (target.clone(), words.to_owned());
                    tokio::spawn(async move {
                        // What fails is asked for by the next one, when its time is over.
                        if let Ok(Fetched::Kept(entry)) = read.fetch().await {
                            cache.keep(target.as_str(), &words, entry);
                        }
                    });
                }
                Ok(Some(entry.answer(&self.parts.headers).await))
            }
        }
    }
}
