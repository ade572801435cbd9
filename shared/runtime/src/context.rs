//! What belongs to the request or message at hand: its id and its trace, handed on to whatever it causes.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cartwright_types::{push_hex, random};

use crate::traces;
use crate::usage::Usage;

/// Characters of a trace context.
const TRACEPARENT: usize = 55;

tokio::task_local! {
    static CONTEXT: Context;
}

/// The request id and the W3C trace context.
#[derive(Debug, Clone)]
pub struct Context {
    /// `X-Request-Id`; for a message the event's id.
    pub request_id: String,
    /// `00-<trace id>-<span id>-<flags>`
    pub traceparent: String,
    /// The span that caused this one; None at the root of a trace.
    pub parent: Option<String>,
    /// When nobody waits for the answer any more; None: nobody said.
    pub deadline: Option<Instant>,
    /// What it uses, counted in `local` only.
    pub usage: Option<Arc<Usage>>,
}

impl Context {
    /// A context for `request_id` that goes on with `traceparent` when it is well formed, else starts a trace.
    #[must_use]
    pub fn new(request_id: impl Into<String>, traceparent: Option<&str>) -> Self {
        let known = traceparent.filter(|text| is_traceparent(text));
        let (parent, traceparent) = if let Some(parent) = known {
            (Some(parent[36..52].to_owned()), next(parent))
        } else {
            let mut traceparent = String::with_capacity(TRACEPARENT);
            traceparent.push_str("00-");
            push_hex(&mut traceparent, &random::for_ids::<16>());
            end(&mut traceparent, if traces::sample() { "01" } else { "00" });
            (None, traceparent)
        };
        Self { request_id: request_id.into(), traceparent, parent, deadline: None, usage: Usage::start() }
    }

    /// A context for a request from outside: whether its trace is recorded is decided here, not by the client.
    #[must_use]
    pub fn from_outside(request_id: impl Into<String>, traceparent: Option<&str>) -> Self {
        let mut context = Self::new(request_id, traceparent);
        if context.parent.is_some() {
            context.traceparent.replace_range(53.., if traces::sample() { "01" } else { "00" });
        }
        context
    }

    /// A span caused by this one, of the same request.
    #[must_use]
    pub fn child(&self) -> Self {
        Self {
            request_id: self.request_id.clone(),
            traceparent: next(&self.traceparent),
            parent: self.traceparent.get(36..52).map(str::to_owned),
            deadline: self.deadline,
            usage: self.usage.clone(),
        }
    }

    /// The same for somebody who waits for `patience` from now.
    #[must_use]
    pub fn within(mut self, patience: Option<Duration>) -> Self {
        self.deadline = patience.and_then(|patience| Instant::now().checked_add(patience));
        self
    }

    /// How long somebody waits yet; None: nobody said.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// The 32 hexadecimal digits of the trace id.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.traceparent.get(3..35).unwrap_or_default()
    }

    /// Runs `work` within this context.
    pub async fn scope<F: Future>(self, work: F) -> F::Output {
        CONTEXT.scope(self, work).await
    }

    /// The context at hand; None outside a request or message.
    #[must_use]
    pub fn current() -> Option<Self> {
        CONTEXT.try_with(Clone::clone).ok()
    }

    /// The trace context at hand.
    #[must_use]
    pub fn current_traceparent() -> Option<String> {
        CONTEXT.try_with(|context| context.traceparent.clone()).ok()
    }

    /// Where to count what is used, if it is counted.
    pub(crate) fn current_usage() -> Option<Arc<Usage>> {
        CONTEXT.try_with(|context| context.usage.clone()).ok().flatten()
    }
}

/// The same trace and flags with a new span; `traceparent` is well formed.
fn next(traceparent: &str) -> String {
    let mut next = String::with_capacity(TRACEPARENT);
    next.push_str(&traceparent[..35]);
    end(&mut next, &traceparent[53..55]);
    next
}

/// A new span and the flags.
fn end(traceparent: &mut String, flags: &str) {
    traceparent.push('-');
    push_hex(traceparent, &random::for_ids::<8>());
    traceparent.push('-');
    traceparent.push_str(flags);
}

/// W3C Trace Context, section 3.2: version 00, lower-case hexadecimal, ids not all zero.
fn is_traceparent(text: &str) -> bool {
    let bytes = text.as_bytes();
    let field = |range: std::ops::Range<usize>| {
        let part = &bytes[range];
        part.iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
            && part.iter().any(|b| *b != b'0')
    };
    bytes.len() == TRACEPARENT
        && text.starts_with("00-")
        && bytes[35] == b'-'
        && bytes[52] == b'-'
        && field(3..35)
        && field(36..52)
        && bytes[53..].iter().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_goes_on_with_a_span_of_its_own() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let context = Context::new("r", Some(parent));
        assert_eq!(context.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_ne!(context.traceparent, parent);
        assert!(is_traceparent(&context.traceparent), "{}", context.traceparent);
        assert_eq!(context.parent.as_deref(), Some("00f067aa0ba902b7"));
        let child = context.child();
        assert_eq!(child.trace_id(), context.trace_id());
        assert_eq!(child.parent.as_deref(), context.traceparent.get(36..52));
    }

    #[test]
    fn a_malformed_trace_context_is_replaced() {
        for bad in ["", "00-x", "00-00000000000000000000000000000000-00f067aa0ba902b7-01", &"é".repeat(27)] {
            assert!(is_traceparent(&Context::new("r", Some(bad)).traceparent), "{bad}");
        }
    }
}
