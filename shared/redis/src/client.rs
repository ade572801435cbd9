//! Commands.

use std::sync::Arc;

use cartwright_runtime::chain;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, Cmd, ErrorKind, FromRedisValue, Pipeline, RedisResult, ServerErrorKind, Value, cmd};
use thiserror::Error;
use tokio::time::{Instant, timeout, timeout_at};

use crate::connection::{Numbered, Place};
use crate::{PATIENCE, RedisUrl};

/// A command failed.
#[derive(Debug, Error)]
pub enum RedisError {
    /// It cannot be reached, or refuses.
    #[error("Redis failed")]
    Failed(#[from] redis::RedisError),
    /// It says nothing.
    #[error("Redis does not answer in time")]
    Late,
}

/// The server, with the names of one shop. Clones share a connection.
#[derive(Clone)]
pub struct Redis {
    client: Client,
    prefix: Arc<str>,
    place: Arc<Place>,
}

/// A program in Lua, which the server runs as a whole or not at all, with nothing else in between.
#[derive(Debug, Clone)]
pub struct Script {
    source: String,
    hash: String,
}

impl Script {
    /// With its hash, by which the server knows it.
    #[must_use]
    pub fn new(source: &str) -> Self {
        Self { source: source.to_owned(), hash: redis::Script::new(source).get_hash().to_owned() }
    }
}

/// What is sent.
enum Words<'a> {
    One(&'a Cmd),
    Several(&'a Pipeline),
}

impl Redis {
    /// The names of all keys and channels begin with `prefix`, which is `RESOURCE_PREFIX`. Makes no call.
    #[must_use]
    pub fn new(url: &RedisUrl, prefix: &str) -> Self {
        Self { client: url.0.clone(), prefix: prefix.into(), place: Arc::default() }
    }

    /// The real name of a key or channel.
    #[must_use]
    pub fn name(&self, logical: &str) -> String {
        format!("{}{logical}", self.prefix)
    }

    /// Runs a script on one key, whose logical name is `key`: by its hash, or whole where the server does not know it yet.
    ///
    /// # Errors
    /// See [`RedisError`].
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &Script,
        key: &str,
        arguments: &[i64],
    ) -> Result<T, RedisError> {
        let key = self.name(key);
        let command = |name: &str, script: &String| {
            let mut command = cmd(name);
            command.arg(script).arg(1).arg(&key).arg(arguments);
            command
        };
        let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
        match self.send(&Words::One(&command("EVALSHA", &script.hash))).await {
            Err(RedisError::Failed(error)) if error.kind() == unknown => {
                read(self.send(&Words::One(&command("EVAL", &script.source))).await?)
            }
            answer => read(answer?),
        }
    }

    /// Whether it answers.
    ///
    /// # Errors
    /// See [`RedisError`].
    pub async fn ping(&self) -> Result<(), RedisError> {
        self.send(&Words::One(&cmd("PING"))).await.map(drop)
    }

    /// The same for a health page.
    ///
    /// # Errors
    /// Why not.
    pub async fn check(&self) -> Result<(), String> {
        self.ping().await.map_err(|error| chain(&error))
    }

    /// Says all `messages` on a channel.
    pub(crate) async fn publish(&self, channel: &str, messages: &[String]) -> Result<(), RedisError> {
        let channel = self.name(channel);
        let mut pipeline = Pipeline::with_capacity(messages.len());
        for message in messages {
            pipeline.cmd("PUBLISH").arg(&channel).arg(message);
        }
        self.send(&Words::Several(&pipeline)).await.map(drop)
    }

    /// A connection of its own on which a channel is heard.
    pub(crate) async fn subscribe(&self, channel: &str) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let subscribe = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(self.name(channel)).await?;
            Ok(connection.split())
        };
        timeout(PATIENCE, subscribe).await.map_err(|_| RedisError::Late)?
    }

    /// Sends on the connection there is; where that turns out to be lost, on a new one.
    async fn send(&self, words: &Words<'_>) -> Result<Value, RedisError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let connecting = timeout_at(deadline, self.place.get(&self.client));
            let mut connection = connecting.await.map_err(|_| RedisError::Late)??;
            match timeout_at(deadline, words.on(&mut connection)).await {
                Ok(Ok(value)) => return Ok(value),
                Ok(Err(error)) if is_an_answer(error.kind()) => return Err(error.into()),
                Ok(Err(error)) => {
                    self.place.forget(&connection);
                    if connection.is_fresh {
                        return Err(error.into());
                    }
                }
                Err(_) => {
                    self.place.forget(&connection);
                    return Err(RedisError::Late);
                }
            }
        }
    }
}

impl Words<'_> {
    async fn on(&self, connection: &mut Numbered) -> RedisResult<Value> {
        match self {
            Self::One(command) => command.query_async(&mut connection.connection).await,
            Self::Several(pipeline) => pipeline.query_async(&mut connection.connection).await,
        }
    }
}

/// Whether the server has said no to this command, and the connection is good for others. One that was the first of several
/// and is not any more says `READONLY`: behind the name is another one by now.
fn is_an_answer(error: ErrorKind) -> bool {
    match error {
        ErrorKind::Server(kind) => !matches!(
            kind,
            ServerErrorKind::ReadOnly | ServerErrorKind::MasterDown | ServerErrorKind::BusyLoading
        ),
        _ => false,
    }
}

fn read<T: FromRedisValue>(value: Value) -> Result<T, RedisError> {
    Ok(redis::from_redis_value(value).map_err(redis::RedisError::from)?)
}
