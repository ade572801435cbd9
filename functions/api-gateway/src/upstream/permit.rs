//! A request's place among those that are in flight, from its first try to the end of its answer.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

use super::pool::Sender;
use super::replica::Replica;

/// How many requests a service has in flight, over all its addresses.
#[derive(Debug, Default)]
pub struct InFlight(AtomicUsize);

/// A place at a service.
#[derive(Debug)]
pub struct Permit(Arc<InFlight>);

/// A place at one address.
#[derive(Debug)]
pub struct Seat(Arc<Replica>);

impl InFlight {
    /// A place, if fewer than `most` are taken.
    #[must_use]
    pub fn enter(self: &Arc<Self>, most: usize) -> Option<Permit> {
        let enter = |taken: usize| (taken < most).then_some(taken + 1);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, enter).ok()?;
        Some(Permit(Arc::clone(self)))
    }

    /// How many are taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Seat {
    /// One request more at `replica`.
    #[must_use]
    pub fn at(replica: &Arc<Replica>) -> Self {
        replica.enter();
        Self(Arc::clone(replica))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A service's answer on its way to the client. Its places are free again when it has ended or is given up; and its
/// connection, if all of it was read.
#[derive(Debug)]
pub struct Passing {
    incoming: Incoming,
    /// The connection that it comes by, and whom it belongs to.
    connection: Option<(Sender, Arc<Replica>)>,
    places: Option<(Permit, Seat)>,
}

impl Passing {
    /// `incoming`, which takes up these places and comes by the connection of `sender`.
    #[must_use]
    pub fn new(incoming: Incoming, sender: Sender, permit: Permit, seat: Seat) -> Self {
        let connection = Some((sender, Arc::clone(&seat.0)));
        Self { incoming, connection, places: Some((permit, seat)) }
    }

    /// Without its places, for what may go on for hours and costs the service next to nothing.
    #[must_use]
    pub fn without_places(mut self) -> Self {
        self.places = None;
        self
    }

    /// It has come to its end.
    fn ended(&mut self) {
        self.places = None;
        if let Some((sender, replica)) = self.connection.take() {
            replica.pool().give_back(sender);
        }
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        // Nobody reads on after the last byte. What is left unread closes the connection.
        if self.incoming.is_end_stream() {
            self.ended();
        }
    }
}

impl Body for Passing {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.incoming).poll_frame(cx);
        match frame {
            Poll::Ready(None) => self.ended(),
            Poll::Ready(Some(Err(_))) => self.places = None,
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
