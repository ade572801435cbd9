//! A mail server that fails as it is told, and remembers what it took: for each recipient, how often.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use cartwright_types::random;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Takes everything.
    Well,
    /// Refuses three of ten for now, and of one in a hundred takes the mail and is not heard of again.
    Flaky,
    /// Takes the mail and says nothing.
    Hangs,
    /// Is not there: hangs up at once.
    Away,
}

/// The server.
#[derive(Clone)]
pub struct PostOffice {
    port: u16,
    mood: Arc<AtomicU8>,
    taken: Arc<Mutex<HashMap<String, usize>>>,
    refused: Arc<AtomicUsize>,
    swallowed: Arc<AtomicUsize>,
}

impl PostOffice {
    /// Opens it at a port of its own.
    ///
    /// # Errors
    /// There is no port to be had.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let office = Self {
            port: listener.local_addr()?.port(),
            mood: Arc::new(AtomicU8::new(0)),
            taken: Arc::default(),
            refused: Arc::default(),
            swallowed: Arc::default(),
        };
        let serving = office.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let office = serving.clone();
                // A client that is killed ends its conversation in the middle.
                tokio::spawn(async move { office.converse(stream).await.ok() });
            }
        });
        Ok(office)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Changes how it is; who is speaking with it notices at the end of his mail.
    pub fn be(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::Relaxed);
    }

    /// What it took: how often for each recipient.
    pub fn taken(&self) -> HashMap<String, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many mails it took in all.
    pub fn count(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    /// Mails refused for now, and mails taken without a word.
    pub fn misbehaved(&self) -> (usize, usize) {
        (self.refused.load(Ordering::Relaxed), self.swallowed.load(Ordering::Relaxed))
    }

    fn mood(&self) -> Mood {
        match self.mood.load(Ordering::Relaxed) {
            0 => Mood::Well,
            1 => Mood::Flaky,
            2 => Mood::Hangs,
            _ => Mood::Away,
        }
    }

    async fn converse(&self, stream: TcpStream) -> Result<()> {
        if self.mood() == Mood::Away {
            return Ok(());
        }
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 ready\r\n").await?;
        let (mut line, mut recipient, mut in_mail) = (String::new(), String::new(), false);
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let answer = if in_mail {
                if line != ".\r\n" {
                    continue;
                }
                in_mail = false;
                match self.judge(&recipient).await {
                    Some(answer) => answer,
                    None => return Ok(()),
                }
            } else if let Some(rest) = line.strip_prefix("RCPT TO:<") {
                rest.split('>').next().unwrap_or_default().clone_into(&mut recipient);
                "250 ok"
            } else if line.starts_with("DATA") {
                in_mail = true;
                "354 go on"
            } else if line.starts_with("QUIT") {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            } else {
                "250 ok"
            };
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
        }
    }

    /// What is said to a whole mail; None: nothing, ever.
    async fn judge(&self, recipient: &str) -> Option<&'static str> {
        let dice = random::below(100);
        match self.mood() {
            Mood::Away => return None,
            Mood::Flaky if dice < 30 => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Some("451 4.3.0 not now");
            }
            _ => {}
        }
        *self
            .taken
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(recipient.to_owned())
            .or_default() += 1;
        match self.mood() {
            Mood::Flaky if dice >= 99 => {
                self.swallowed.fetch_add(1, Ordering::Relaxed);
                None
            }
            Mood::Hangs => {
                self.swallowed.fetch_add(1, Ordering::Relaxed);
                // Longer than anybody waits.
                tokio::time::sleep(Duration::from_mins(1)).await;
                None
            }
            _ => Some("250 2.0.0 Ok: queued as 4B2F1"),
        }
    }
}
