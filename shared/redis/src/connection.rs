//! The one connection for commands: made when it is first used, shared by all who send, and made anew when it was lost.

use std::sync::{Mutex, MutexGuard, PoisonError};

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, RedisResult};

use crate::PATIENCE;

/// Commands on their way to the connection; more wait for a place.
const QUEUE: usize = 1_024;

/// A connection, and which one it is.
#[derive(Clone)]
pub struct Numbered {
    pub connection: MultiplexedConnection,
    number: u64,
    /// Whether it was made for whoever asked for it just now.
    pub is_fresh: bool,
}

/// Where the connection is kept.
#[derive(Default)]
pub struct Place {
    current: Mutex<Kept>,
    /// One connects at a time; the others wait and take what it made.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Kept {
    connection: Option<MultiplexedConnection>,
    number: u64,
}

impl Place {
    /// The connection there is, or a new one.
    pub async fn get(&self, client: &Client) -> RedisResult<Numbered> {
        if let Some(connection) = self.existing() {
            return Ok(connection);
        }
        let _turn = self.connecting.lock().await;
        if let Some(connection) = self.existing() {
            return Ok(connection);
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_pipeline_buffer_size(QUEUE);
        let connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let mut kept = self.kept();
        kept.number += 1;
        kept.connection = Some(connection.clone());
        Ok(Numbered { connection, number: kept.number, is_fresh: true })
    }

    /// Whoever comes next makes another one, unless somebody has already.
    pub fn forget(&self, lost: &Numbered) {
        let mut kept = self.kept();
        if kept.number == lost.number {
            kept.connection = None;
        }
    }

    fn existing(&self) -> Option<Numbered> {
        let kept = self.kept();
        let connection = kept.connection.clone()?;
        Some(Numbered { connection, number: kept.number, is_fresh: false })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing in here panics halfway through a change.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
