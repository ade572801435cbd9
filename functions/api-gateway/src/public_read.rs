//! A read of the public catalogue, as it is asked of the service: in nobody's name, so that the answer is everybody's.

use http::header::{ACCEPT_LANGUAGE, HeaderMap};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method};

use crate::body::Upload;
use crate::cache::{Entry, Fetched};
use crate::error::Refusal;
use crate::headers::clean_answer;
use crate::routes::Route;
use crate::upstream::{Outgoing, Upstreams};

/// One read.
#[derive(Clone)]
pub struct PublicRead {
    /// Who is asked.
    pub upstreams: Upstreams,
    /// Where it leads.
    pub route: &'static Route,
    /// The client's path and query.
    pub target: PathAndQuery,
    /// What [`crate::headers::for_service`] made of [`PublicRead::headers`].
    pub headers: HeaderMap,
    /// Of the cache, when it was asked.
    pub generation: u64,
}

impl PublicRead {
    /// What of a request's headers the answer may depend on.
    #[must_use]
    pub fn headers(language: Option<&HeaderValue>) -> HeaderMap {
        language.map(|language| (ACCEPT_LANGUAGE, language.clone())).into_iter().collect()
    }

    /// Asks the service.
    ///
    /// # Errors
    /// See [`Upstreams::send`].
    pub async fn fetch(self) -> Result<Fetched, Refusal> {
        let Self { upstreams, route, target, headers, generation } = self;
        let outgoing = Outgoing {
            method: &Method::GET,
            target: &target,
            headers,
            upload: &Upload::NONE,
            repeatable: true,
            first: route.first,
        };
        let reading = async {
            let mut answer = upstreams.send(route.service, outgoing, route.timeout).await?;
            clean_answer(answer.headers_mut());
            Entry::of(answer, generation).await
        };
        // Others wait for it.
        tokio::time::timeout(route.timeout, reading).await.unwrap_or(Err(Refusal::Overdue))
    }
}
