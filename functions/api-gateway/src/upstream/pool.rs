//! Connections to one address. Who has asked gives them back, and the next one asks over the same.
//!
//! `hyper-util` has a pool too, which also knows schemes, proxies and protocols; for that it looks up a key and starts a task
//! for each request. Here an address has a list.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Collected, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::body::Upload;

/// An address that does not take a connection within this time is passed over.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// Shorter than the services keep an idle connection, so that it is rarely they who close it.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// Idle connections kept to one address.
const IDLE_CONNECTIONS: usize = 256;

/// A connection, by its sending end.
pub type Sender = SendRequest<Upload>;

/// Why an address did not answer.
#[derive(Debug, Error)]
pub enum AskError {
    /// It took no connection: it has seen nothing of the request.
    #[error("no connection")]
    Refused(#[source] io::Error),
    /// It may have seen all of it.
    #[error("no answer")]
    Unanswered(#[source] hyper::Error),
}

/// The connections that nobody needs at the moment, the one used last at the end.
#[derive(Debug)]
pub struct Pool {
    /// None: it is no address, and nobody is there.
    address: Option<SocketAddr>,
    idle: Mutex<Vec<(Sender, Instant)>>,
}

impl Pool {
    /// None yet.
    #[must_use]
    pub const fn to(address: Option<SocketAddr>) -> Self {
        Self { address, idle: Mutex::new(Vec::new()) }
    }

    /// Sends a request over a connection that is there, else over a new one. When all of the answer was read, the connection
    /// is to be given back.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn ask(&self, mut request: Request<Upload>) -> Result<(Response<Incoming>, Sender), AskError> {
        while let Some(mut sender) = self.take() {
            match sender.try_send_request(request).await {
                Ok(answer) => return Ok((answer, sender)),
                Err(mut error) => match error.take_message() {
                    // It was closed before anything was sent.
                    Some(unsent) => request = unsent,
                    None => return Err(AskError::Unanswered(error.into_error())),
                },
            }
        }
        let mut sender = self.connect().await?;
        match sender.send_request(request).await {
            Ok(answer) => Ok((answer, sender)),
            Err(error) => Err(AskError::Unanswered(error)),
        }
    }

    /// Asks and reads all of the answer, if it is at most so many bytes; None: it is more, or breaks off.
    ///
    /// # Errors
    /// See [`AskError`].
    pub async fn read(
        &self,
        request: Request<Upload>,
        most: usize,
    ) -> Result<(StatusCode, Option<Bytes>), AskError> {
        let (answer, sender) = self.ask(request).await?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), most).collect().await.ok();
        if body.is_some() {
            self.give_back(sender);
        }
        Ok((status, body.map(Collected::to_bytes)))
    }

    /// Keeps a connection whose answer was read to its end.
    pub fn give_back(&self, sender: Sender) {
        // One that is still sending the request's body is not worth waiting for.
        if !sender.is_ready() {
            return;
        }
        let mut idle = self.lock();
        if idle.len() < IDLE_CONNECTIONS {
            idle.push((sender, Instant::now()));
        }
    }

    /// Closes those that were not used for long.
    pub fn tidy(&self) {
        self.lock().retain(|(sender, since)| !sender.is_closed() && since.elapsed() < IDLE_TIMEOUT);
    }

    fn take(&self) -> Option<Sender> {
        let mut idle = self.lock();
        loop {
            let (sender, since) = idle.pop()?;
            if since.elapsed() >= IDLE_TIMEOUT {
                // Those before it are older.
                idle.clear();
            } else if sender.is_ready() {
                return Some(sender);
            }
        }
    }

    async fn connect(&self) -> Result<Sender, AskError> {
        let connecting = async {
            let address = self.address.ok_or(io::ErrorKind::AddrNotAvailable)?;
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, connecting).await;
        let stream =
            connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(AskError::Refused)?;
        let (sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(AskError::Unanswered)?;
        tokio::spawn(async move {
            // Whoever waits for an answer is told too.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection to a service ended early");
            }
        });
        Ok(sender)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Sender, Instant)>> {
        // A poisoned lock only means that another thread panicked; the list is whole.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
