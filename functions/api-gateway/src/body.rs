//! Bodies on their way through. Nothing is buffered: a frame that was read is a frame that is sent. Of a request that may be
//! sent once more, what was sent is kept beside, if it is little.

use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{self, Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use cartwright_runtime::BoxError;
use futures::StreamExt as _;
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use thiserror::Error;

use crate::upstream::Passing;

/// An answer's body: a service's, streamed, or one of ours.
pub type AnswerBody = Either<Passing, axum::body::Body>;

/// A stream of events (`text/event-stream`) for as long as its listener may hear it: until `end`, or until `is_over` says so,
/// which is asked before each piece. A service keeps such a stream alive with a comment every few seconds, so it is asked often.
#[must_use]
pub fn listened(
    passing: Passing,
    end: impl Future<Output = ()> + Send + 'static,
    is_over: impl Fn() -> bool + Send + Sync + 'static,
) -> AnswerBody {
    let pieces = passing.into_data_stream().take_while(move |_| ready(!is_over())).take_until(Box::pin(end));
    Either::Right(axum::body::Body::from_stream(pieces))
}

/// What is read of a body that nobody wants, so that the client, which is still sending, hears why.
const DRAINED: u64 = 8 * 1024 * 1024;
/// And for how long.
const DRAIN_TIME: Duration = Duration::from_secs(5);

/// How far a request's body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing has been read: it can still go elsewhere.
    Untouched,
    /// Some has been sent on.
    Flowing,
    /// All has been sent on, or there was none.
    Ended,
    /// It went over its limit.
    TooLarge,
    /// The client broke off.
    Broken,
}

/// Bytes of a body that are kept to be sent once more.
const KEPT: usize = 64 * 1024;

/// A request's body, kept by the gateway while a connection to a service reads from it.
#[derive(Debug, Clone)]
pub struct Upload {
    shared: Option<Arc<Shared>>,
    /// The try that it belongs to: what reads for an earlier one gets no more.
    turn: u32,
}

#[derive(Debug)]
struct Shared(Mutex<State>);

/// From a connection, or whole, as Lambda hands it over.
type Source = Either<Incoming, Full<Bytes>>;

#[derive(Debug)]
struct State {
    incoming: Source,
    limit: u64,
    sent: u64,
    progress: Progress,
    /// A service wants more than the client has sent so far.
    starving: bool,
    turn: u32,
    kept: Kept,
}

/// What was sent of a body, as long as it is all of it.
#[derive(Debug, Default)]
struct Kept {
    is_wanted: bool,
    frames: Vec<Bytes>,
    bytes: usize,
    /// How many of them this turn has sent.
    sent: usize,
}

impl Kept {
    fn keep(&mut self, frame: &Bytes) {
        self.bytes += frame.len();
        if self.bytes > KEPT {
            *self = Self::default();
        } else {
            self.frames.push(frame.clone());
            self.sent += 1;
        }
    }

    fn next(&mut self) -> Option<Bytes> {
        let frame = self.frames.get(self.sent).cloned()?;
        self.sent += 1;
        Some(frame)
    }

    fn rest(&self) -> &[Bytes] {
        self.frames.get(self.sent..).unwrap_or_default()
    }
}

/// Why a body ends early. The service's connection is given up then; [`Upload::progress`] has the reason.
#[derive(Debug, Error)]
pub enum UploadError {
    /// Over the route's limit.
    #[error("the body is over its limit")]
    TooLarge,
    /// The client's connection failed.
    #[error("the body broke off")]
    Broken(#[source] BoxError),
    /// It goes to another by now.
    #[error("the body is sent elsewhere")]
    Elsewhere,
}

impl Upload {
    /// No body.
    pub const NONE: Self = Self { shared: None, turn: 0 };

    /// The body of a request.
    #[must_use]
    pub fn new(incoming: Incoming) -> Self {
        Self::from_source(Either::Left(incoming))
    }

    /// A body that is here already.
    #[must_use]
    pub fn whole(bytes: Bytes) -> Self {
        Self::from_source(Either::Right(Full::new(bytes)))
    }

    fn from_source(incoming: Source) -> Self {
        if incoming.is_end_stream() {
            return Self::NONE;
        }
        let state = State {
            incoming,
            limit: u64::MAX,
            sent: 0,
            progress: Progress::Untouched,
            starving: false,
            turn: 0,
            kept: Kept::default(),
        };
        Self { shared: Some(Arc::new(Shared(Mutex::new(state)))), turn: 0 }
    }

    /// Allows `bytes` and no more.
    pub fn limit(&self, bytes: u64) {
        if let Some(shared) = &self.shared {
            shared.lock().limit = bytes;
        }
    }

    /// Keeps what is sent, as long as that is little, so that all of it can be sent once more.
    pub fn keep(&self) {
        if let Some(shared) = &self.shared {
            shared.lock().kept.is_wanted = true;
        }
    }

    /// The body for one more try, from its beginning; None when that is gone.
    #[must_use]
    pub fn again(&self) -> Option<Self> {
        let Some(shared) = &self.shared else { return Some(Self::NONE) };
        let mut state = shared.lock();
        if state.progress != Progress::Untouched && !state.kept.is_wanted {
            return None;
        }
        state.kept.sent = 0;
        state.turn += 1;
        Some(Self { shared: Some(Arc::clone(shared)), turn: state.turn })
    }

    /// Whether there is no body at all.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.shared.is_none()
    }

    /// How far it has come.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.shared.as_ref().map_or(Progress::Ended, |shared| shared.lock().progress)
    }

    /// Whether it is the client that is waited for.
    #[must_use]
    pub fn is_starving(&self) -> bool {
        self.shared.as_ref().is_some_and(|shared| shared.lock().starving)
    }

    /// Reads on and throws away, within bounds: a connection closed while the client still sends loses the answer.
    pub fn drain(self) {
        let Some(shared) = self.shared else { return };
        if matches!(shared.lock().progress, Progress::Ended | Progress::Broken) {
            return;
        }
        tokio::spawn(tokio::time::timeout(DRAIN_TIME, async move {
            let mut read = 0;
            while read < DRAINED {
                let frame = poll_fn(|cx| Pin::new(&mut shared.lock().incoming).poll_frame(cx)).await;
                let Some(Ok(frame)) = frame else { return };
                read += frame.data_ref().map_or(0, Bytes::len) as u64;
            }
        }));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A poisoned lock only means that another thread panicked; a body has no half states.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        let Some(shared) = &self.shared else { return Poll::Ready(None) };
        let mut state = shared.lock();
        if state.turn != self.turn {
            return Poll::Ready(Some(Err(UploadError::Elsewhere)));
        }
        if let Some(frame) = state.kept.next() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        let frame = Pin::new(&mut state.incoming).poll_frame(cx);
        state.starving = frame.is_pending();
        let frame = task::ready!(frame);
        let (progress, outcome) = match frame {
            None => (Progress::Ended, None),
            Some(Err(error)) => (Progress::Broken, Some(Err(UploadError::Broken(error)))),
            // Trailers are not passed on (RFC 9110, 6.5.1): no service of ours has a meaning for them.
            Some(Ok(frame)) => match frame.into_data() {
                Err(_trailers) => (Progress::Ended, None),
                Ok(data) => {
                    state.sent += data.len() as u64;
                    if state.kept.is_wanted {
                        state.kept.keep(&data);
                    }
                    if state.sent > state.limit {
                        (Progress::TooLarge, Some(Err(UploadError::TooLarge)))
                    } else if state.incoming.is_end_stream() {
                        (Progress::Ended, Some(Ok(Frame::data(data))))
                    } else {
                        (Progress::Flowing, Some(Ok(Frame::data(data))))
                    }
                }
            },
        };
        state.progress = progress;
        Poll::Ready(outcome)
    }

    fn is_end_stream(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| {
            let state = shared.lock();
            let has_ended = state.progress == Progress::Ended || state.incoming.is_end_stream();
            has_ended && state.kept.rest().is_empty()
        })
    }

    fn size_hint(&self) -> SizeHint {
        let Some(shared) = &self.shared else { return SizeHint::with_exact(0) };
        let state = shared.lock();
        let (hint, kept) = (
            state.incoming.size_hint(),
            state.kept.rest().iter().map(|frame| frame.len() as u64).sum::<u64>(),
        );
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + kept);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + kept);
        }
        whole
    }
}
