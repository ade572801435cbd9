//! Clients that read one path after the other.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use serde_json::{Value, json};

use super::CLIENTS;
use super::dice::Dice;
use crate::cpu::Cpu;
use crate::http::Connection;
use crate::rate::Counter;

/// Makes the next path.
pub type NextPath = Arc<dyn Fn(&mut Dice) -> String + Send + Sync>;

/// What is read, and where.
#[derive(Clone)]
pub struct Load {
    /// As `http://127.0.0.1:8002`.
    pub base: String,
    /// Who reads; None: anybody.
    pub token: Option<Arc<str>>,
    /// What.
    pub next: NextPath,
}

/// What was measured of a load.
#[derive(Debug, Clone, Copy, Default)]
pub struct Measured {
    /// Answers a second.
    pub per_second: f64,
    /// CPU of each.
    pub cpu: Cpu,
    /// Bytes of each, headers apart.
    pub bytes: f64,
}

impl Load {
    /// Reads as fast as the answers come, for so long after the warm-up. `seed` makes other paths of it each time.
    ///
    /// # Errors
    /// An answer is not 200.
    pub async fn run(&self, seed: u64, emulator: u16, time: Duration) -> Result<Measured> {
        let counter = Arc::new(Counter::default());
        let before = Cpu::now(emulator)?;
        let clients: Vec<_> = (0..CLIENTS as u64)
            .map(|client| tokio::spawn(self.clone().client(Dice::new((seed << 8) + client), counter.clone())))
            .collect();
        let per_second = counter.per_second(time).await;
        let mut bytes = 0;
        for client in try_join_all(clients).await? {
            bytes += client?;
        }
        let done = f64::from(counter.done());
        let bytes = f64::from(u32::try_from(bytes / 1024).unwrap_or(u32::MAX)) * 1024.0;
        Ok(Measured { per_second, cpu: Cpu::now(emulator)?.since(before).per(done), bytes: bytes / done })
    }

    async fn client(self, mut dice: Dice, counter: Arc<Counter>) -> Result<usize> {
        let mut connection = Connection::open(&self.base, self.token.as_deref()).await?;
        let mut bytes = 0;
        while counter.goes_on() {
            let path = (self.next)(&mut dice);
            let answer = connection.get(&path).await?;
            ensure!(
                answer.status == 200,
                "{path} answered {} {}",
                answer.status,
                String::from_utf8_lossy(answer.body)
            );
            bytes += answer.body.len();
            counter.count();
        }
        Ok(bytes)
    }
}

impl Measured {
    /// For a report.
    pub fn to_json(self) -> Value {
        json!({
            "per_second": self.per_second,
            "cpu_microseconds_per_request": self.cpu.to_json(),
            "bytes_per_answer": self.bytes.round(),
        })
    }
}
