//! A request's way through the gateway.

mod caching;
mod expanding;

use std::net::IpAddr;
use std::time::{Duration, Instant};

use cartwright_runtime::context::Context;
use cartwright_types::Role;
use cartwright_web::middleware::{
    Answered, REQUEST_ID, SERVER_TIMING, TRACEPARENT, is_stream_on_lambda, method_name, note, request_id,
};
use http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, IF_MATCH,
};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{Method, Response, StatusCode};
use http_body_util::Either;

use crate::body::{AnswerBody, Upload, listened};
use crate::client::Client;
use crate::coding::Coding;
use crate::compress::{Conditions, compress};
use crate::error::Refusal;
use crate::expand::Wanted;
use crate::headers::{Introduction, clean_answer, for_service};
use crate::identity::{Caller, bearer, credential};
use crate::limits::{Class, Key, Standing};
use crate::pages::{self, Page};
use crate::routes::{self, Bearer, Route, Service};
use crate::state::Gateway;
use crate::target;
use crate::upstream::{Outgoing, Passing};

/// What makes a POST repeatable.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Of what the gateway itself says.
const NOT_KEPT: HeaderValue = HeaderValue::from_static("private, no-store");
/// An instance in a problem is cut to this length: a target that is too long need not be sent back.
const INSTANCE: usize = 256;

/// Where a path leads.
enum Goal {
    Page(Page),
    Route(&'static Route),
}

/// What becomes known on the way, for the log and the answer's headers.
#[derive(Default)]
struct Notes {
    route: Option<&'static str>,
    upstream: Option<&'static str>,
    standing: Option<Standing>,
}

/// A request on its way.
struct Visit<'a> {
    gateway: &'a Gateway,
    parts: &'a Parts,
    context: &'a Context,
    peer: IpAddr,
    client: Client,
}

/// Answers a request of `peer`, and writes one line about it.
pub async fn handle(gateway: &Gateway, peer: IpAddr, parts: Parts, upload: Upload) -> Response<AnswerBody> {
    let started = Instant::now();
    let id = request_id(parts.headers.get(REQUEST_ID));
    let parent = parts.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = Context::from_outside(id, parent);
    let mut notes = Notes::default();
    let client = gateway.trusted_proxies.client(peer, &parts.headers);
    let visit = Visit { gateway, parts: &parts, context: &context, peer, client };
    let mut answer = match visit.answer(&upload, &mut notes).await {
        Ok(answer) => answer,
        Err(refusal) => {
            // One who waits for 100 Continue sends nothing after a final answer, one who was too slow has had its time.
            if !parts.headers.contains_key(EXPECT) && refusal != Refusal::BodyOverdue {
                upload.drain();
            }
            visit.refuse(refusal)
        }
    };
    let headers = answer.headers_mut();
    gateway.origins.tell(&parts.headers, visit.is_preflight(), headers);
    if let Some(standing) = &notes.standing {
        standing.tell(headers);
    }
    if let Ok(value) = HeaderValue::from_str(&context.request_id) {
        headers.insert(REQUEST_ID, value);
    }
    let took = started.elapsed();
    if context.usage.is_some()
        && let Ok(value) = HeaderValue::try_from(format!("gateway;dur={:.2}", took.as_secs_f64() * 1e3))
    {
        headers.append(SERVER_TIMING, value);
    }
    // The route's prefix, not the path: a path may hold what is nobody's business.
    let (method, route) = (method_name(&parts.method), notes.route.unwrap_or("-"));
    let status = answer.status();
    note(&Answered { context: &context, method, route, status, took });
    tracing::info!(
        method,
        route,
        upstream = notes.upstream.unwrap_or("-"),
        status = status.as_u16(),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        request_id = context.request_id,
        trace_id = context.trace_id(),
        "request"
    );
    answer
}

impl Visit<'_> {
    async fn answer(&self, upload: &Upload, notes: &mut Notes) -> Result<Response<AnswerBody>, Refusal> {
        target::check(&self.parts.uri)?;
        target::check_host(self.parts)?;
        target::check_headers(&self.parts.headers)?;
        let path = self.parts.uri.path();
        let goal = pages::find(path)
            .map(Goal::Page)
            .or_else(|| routes::find(self.gateway.routes, path).map(Goal::Route));
        notes.route = goal.as_ref().map(|goal| match goal {
            Goal::Page(page) => page.path(),
            Goal::Route(route) => route.prefix,
        });
        if let Some(Goal::Page(page)) = goal
            && page.is_probe()
        {
            return Ok(self.page(page, &Caller::Anonymous).await);
        }
        if self.is_preflight() {
            return self.preflight(notes).await;
        }
        let caller = match &goal {
            Some(goal) => self.caller(goal).await,
            None => Ok(Caller::Anonymous),
        };
        // Counted whatever comes of it: guessing tokens is a use of the API too.
        self.count(caller.as_ref().ok(), notes).await?;
        let caller = caller?;
        if is_stream_on_lambda(&self.parts.extensions, &self.parts.headers) {
            return Err(Refusal::NoStream);
        }
        match goal {
            None => Err(Refusal::NotFound),
            Some(Goal::Page(page)) => {
                admit(page.role(&self.parts.headers), &caller)?;
                Ok(self.page(page, &caller).await)
            }
            Some(Goal::Route(route)) => {
                notes.upstream = Some(route.service.name());
                self.pass_on(route, &caller, upload).await
            }
        }
    }

    /// A problem. The gateway's own are never cached; a service says so itself.
    fn refuse(&self, refusal: Refusal) -> Response<AnswerBody> {
        let path = self.parts.uri.path();
        let instance = path.char_indices().nth(INSTANCE).map_or(path, |(at, _)| &path[..at]);
        let mut answer = refusal.problem().to_response(instance, &self.context.request_id).map(Either::Right);
        answer.headers_mut().insert(CACHE_CONTROL, NOT_KEPT);
        answer
    }

    async fn caller(&self, goal: &Goal) -> Result<Caller, Refusal> {
        let headers = &self.parts.headers;
        match goal {
            Goal::Route(Route { bearer: Bearer::Refresh, .. }) => {
                credential(headers).map(|_| Caller::Anonymous)
            }
            // Health is there to say that the user service is away.
            Goal::Page(Page::Health) => match self.gateway.identities.caller(headers).await {
                Err(Refusal::NoKeys) => Ok(Caller::Anonymous),
                caller => caller,
            },
            Goal::Page(_) | Goal::Route(_) => self.gateway.identities.caller(headers).await,
        }
    }

    fn is_preflight(&self) -> bool {
        self.gateway.origins.is_preflight(&self.parts.method, &self.parts.headers)
    }

    /// A browser's question is answered here: no service knows which origins may.
    async fn preflight(&self, notes: &mut Notes) -> Result<Response<AnswerBody>, Refusal> {
        self.count(None, notes).await?;
        let mut answer = Response::new(Either::Right(axum::body::Body::empty()));
        *answer.status_mut() = StatusCode::NO_CONTENT;
        answer.headers_mut().insert(CACHE_CONTROL, NOT_KEPT);
        Ok(answer)
    }

    async fn count(&self, caller: Option<&Caller>, notes: &mut Notes) -> Result<(), Refusal> {
        let user = match caller {
            Some(Caller::User(verdict)) => Some(verdict.user),
            _ => None,
        };
        let class = Class::of(&self.parts.method, self.parts.uri.path(), user.is_some());
        let key = match (class, user) {
            (Class::Read | Class::Write, Some(user)) => Key::User(user),
            _ => Key::network(self.client.address),
        };
        let standing = notes.standing.insert(self.gateway.limits.count(class, &key).await);
        standing.retry_after.map_or(Ok(()), |retry_after| Err(Refusal::RateLimited { retry_after }))
    }

    async fn page(&self, page: Page, caller: &Caller) -> Response<AnswerBody> {
        let inside = self.gateway.app_env.is_local() && self.peer.to_canonical().is_loopback();
        let detailed = inside || caller.role() >= Some(Role::Staff);
        let router = self.gateway.pages.clone();
        pages::answer(router, page, self.parts, detailed, &self.context.request_id).await.map(Either::Right)
    }

    async fn pass_on(
        &self,
        route: &'static Route,
        caller: &Caller,
        upload: &Upload,
    ) -> Result<Response<AnswerBody>, Refusal> {
        admit(route.role, caller)?;
        upload.limit(route.body_limit);
        if announced(&self.parts.headers) > route.body_limit {
            return Err(Refusal::BodyTooLarge);
        }
        if route.cached
            && self.is_public_read(caller, upload)
            && let Some(answer) = self.read_public(route, caller).await?
        {
            return Ok(answer);
        }
        if let Some(wanted) = Wanted::of(route, self.parts)? {
            return Box::pin(self.expand(route, caller, upload, &wanted)).await;
        }
        let refresh_token = match route.bearer {
            Bearer::Access => None,
            Bearer::Refresh => self.refresh_token()?,
        };
        let (service, incoming) = (route.service, &self.parts.headers);
        let mut headers =
            self.introduced(service, route.timeout, caller, incoming, refresh_token.as_ref())?;
        let conditions = Conditions::strip(&mut headers);
        let target = self.parts.uri.path_and_query().ok_or(Refusal::MalformedPath)?;
        let answer = self.send(route, target, headers, upload).await?;
        if is_event_stream(answer.headers()) {
            return Ok(match caller {
                Caller::User(verdict) => {
                    let (left, is_over) = self.gateway.identities.rest_of(verdict);
                    answer.map(|body| listened(body.without_places(), tokio::time::sleep(left), is_over))
                }
                Caller::Anonymous => answer.map(|body| Either::Left(body.without_places())),
            });
        }
        let answer = answer.map(Either::Left);
        if self.parts.method == Method::HEAD {
            return Ok(answer);
        }
        Ok(compress(answer, Coding::wanted(&self.parts.headers), conditions))
    }

    /// The headers of a request to a service that is waited for so long, from those of the client that are meant for it.
    fn introduced(
        &self,
        service: Service,
        patience: Duration,
        caller: &Caller,
        headers: &HeaderMap,
        refresh_token: Option<&HeaderValue>,
    ) -> Result<HeaderMap, Refusal> {
        let introduction = Introduction {
            context: self.context,
            client: self.client,
            host: self.host(),
            patience,
            identity: &self.gateway.upstreams.identity(service, caller.subject()),
            refresh_token,
        };
        for_service(headers, &introduction)
    }

    /// What the client calls us.
    fn host(&self) -> Option<&str> {
        let authority = || self.parts.uri.authority().map(http::uri::Authority::as_str);
        self.parts.headers.get(HOST).map_or_else(authority, |host| host.to_str().ok())
    }

    async fn send(
        &self,
        route: &Route,
        target: &PathAndQuery,
        headers: HeaderMap,
        upload: &Upload,
    ) -> Result<Response<Passing>, Refusal> {
        let method = &self.parts.method;
        // A refresh token works once, so showing it twice is not harmless; and a change that was made no longer meets its
        // condition.
        let repeatable = (method.is_idempotent() || self.parts.headers.contains_key(IDEMPOTENCY_KEY))
            && !self.parts.headers.contains_key(IF_MATCH)
            && route.bearer != Bearer::Refresh;
        if repeatable {
            upload.keep();
        }
        let outgoing = Outgoing { method, target, headers, upload, repeatable, first: route.first };
        let mut answer = self.gateway.upstreams.send(route.service, outgoing, route.timeout).await?;
        // Nobody asked for another protocol: `Upgrade` is not passed on.
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Refusal::Broken);
        }
        clean_answer(answer.headers_mut());
        Ok(answer)
    }

    /// The bearer token of `/auth/refresh`, which is nobody's business but the user service's.
    fn refresh_token(&self) -> Result<Option<HeaderValue>, Refusal> {
        let Some(value) = credential(&self.parts.headers)? else { return Ok(None) };
        let token = bearer(value).ok_or(Refusal::InvalidToken)?;
        let mut value = HeaderValue::from_str(token).map_err(|_| Refusal::InvalidToken)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

/// Lets `caller` through who has the role that is needed, if one is.
fn admit(needed: Option<Role>, caller: &Caller) -> Result<(), Refusal> {
    match (needed, caller.role()) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Refusal::Unauthenticated),
        (Some(needed), Some(role)) if role >= needed => Ok(()),
        (Some(needed), Some(_)) => Err(Refusal::Forbidden(needed)),
    }
}

/// It may go on long after its caller's token is over.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// `Content-Length`, which the HTTP parser has checked; 0 when the body comes in chunks.
fn announced(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}
