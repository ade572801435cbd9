//! A request's way through the gateway.

use std::net::IpAddr;
use std::time::Instant;

use cartwright_runtime::context::Context;
use cartwright_types::Role;
use cartwright_web::middleware::{
    Answered, REQUEST_ID, SERVER_TIMING, TRACEPARENT, is_stream_on_lambda, method_name, note, request_id,
};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, HeaderMap, HeaderValue};
use http::request::Parts;
use http::{Method, Response, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;

use crate::body::{AnswerBody, Upload, listened};
use crate::error::Refusal;
use crate::headers::{Introduction, clean_answer, for_service};
use crate::identity::{Caller, bearer, credential};
use crate::limits::{Class, Key, Standing};
use crate::pages::{self, Page};
use crate::routes::{self, Bearer, Route, Service};
use crate::state::Gateway;
use crate::target;
use crate::upstream::Outgoing;

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
}

/// Answers a request of `peer`, and writes one line about it.
pub async fn handle(gateway: &Gateway, peer: IpAddr, parts: Parts, upload: Upload) -> Response<AnswerBody> {
    let started = Instant::now();
    let id = request_id(parts.headers.get(REQUEST_ID));
    let parent = parts.headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let context = Context::from_outside(id, parent);
    let mut notes = Notes::default();
    let visit = Visit { gateway, parts: &parts, context: &context, peer };
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
        if self.parts.headers.get_all(HOST).iter().nth(1).is_some() {
            return Err(Refusal::ManyHosts);
        }
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
        let caller = match &goal {
            Some(goal) => self.caller(goal).await,
            None => Ok(Caller::Anonymous),
        };
        // Counted whatever comes of it: guessing tokens is a use of the API too.
        notes.standing = Some(self.count(caller.as_ref().ok()));
        if let Some(retry_after) = notes.standing.as_ref().and_then(|standing| standing.retry_after) {
            return Err(Refusal::RateLimited { retry_after });
        }
        let caller = caller?;
        if is_stream_on_lambda(&self.parts.extensions, &self.parts.headers) {
            return Err(Refusal::NoStream);
        }
        match goal {
            None => Err(Refusal::NotFound),
            Some(Goal::Page(page)) => Ok(self.page(page, &caller).await),
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
        answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
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

    fn count(&self, caller: Option<&Caller>) -> Standing {
        let user = match caller {
            Some(Caller::User(verdict)) => Some(verdict.user),
            _ => None,
        };
        let class = Class::of(&self.parts.method, self.parts.uri.path(), user.is_some());
        let key = match (class, user) {
            (Class::Read | Class::Write, Some(user)) => Key::User(user),
            _ => Key::network(self.peer),
        };
        self.gateway.limits.count(class, &key)
    }

    async fn page(&self, page: Page, caller: &Caller) -> Response<AnswerBody> {
        let inside = self.gateway.app_env.is_local() && self.peer.to_canonical().is_loopback();
        let detailed = inside || caller.role() >= Some(Role::Staff);
        let router = self.gateway.pages.clone();
        pages::answer(router, page, self.parts, detailed, &self.context.request_id).await.map(Either::Right)
    }

    async fn pass_on(
        &self,
        route: &Route,
        caller: &Caller,
        upload: &Upload,
    ) -> Result<Response<AnswerBody>, Refusal> {
        match (route.role, caller.role()) {
            (None, _) => {}
            (Some(_), None) => return Err(Refusal::Unauthenticated),
            (Some(needed), Some(role)) if role >= needed => {}
            (Some(needed), Some(_)) => return Err(Refusal::Forbidden(needed)),
        }
        upload.limit(route.body_limit);
        if announced(&self.parts.headers) > route.body_limit {
            return Err(Refusal::BodyTooLarge);
        }
        let refresh_token = match route.bearer {
            Bearer::Access => None,
            Bearer::Refresh => self.refresh_token()?,
        };
        let introduction = Introduction {
            context: self.context,
            peer: self.peer,
            identity: &self.gateway.upstreams.identity(route.service, caller.subject()),
            refresh_token: refresh_token.as_ref(),
        };
        let headers = for_service(&self.parts.headers, &introduction)?;
        let answer = self.send(route, headers, upload).await?;
        Ok(match caller {
            Caller::User(verdict) if is_event_stream(answer.headers()) => {
                let (left, is_over) = self.gateway.identities.rest_of(verdict);
                answer.map(|body| listened(body, tokio::time::sleep(left), is_over))
            }
            _ => answer.map(Either::Left),
        })
    }

    async fn send(
        &self,
        route: &Route,
        headers: HeaderMap,
        upload: &Upload,
    ) -> Result<Response<Incoming>, Refusal> {
        let target = self.parts.uri.path_and_query().ok_or(Refusal::MalformedPath)?;
        let method = &self.parts.method;
        // A refresh token works once, so showing it twice is not harmless.
        let repeatable = matches!(*method, Method::GET | Method::HEAD)
            && upload.is_none()
            && route.bearer != Bearer::Refresh;
        let outgoing = Outgoing { method, target, headers, upload, repeatable };
        let sending = self.gateway.upstreams.send(route.service, outgoing);
        let mut answer = match tokio::time::timeout(route.timeout, sending).await {
            Ok(answer) => answer?,
            Err(_) if upload.is_starving() => return Err(Refusal::BodyOverdue),
            Err(_) => return Err(overdue(route.service)),
        };
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

/// It may go on long after its caller's token is over.
fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

fn overdue(service: Service) -> Refusal {
    tracing::warn!(upstream = service.name(), "a service did not answer in time");
    Refusal::Overdue
}

/// `Content-Length`, which the HTTP parser has checked; 0 when the body comes in chunks.
fn announced(headers: &HeaderMap) -> u64 {
    headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok()).unwrap_or(0)
}
