//! What stands behind every proxy: whatever is asked, about 1 KB of JSON, for next to nothing.

use anyhow::{Context as _, Result};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Bytes of a request that is read at once; all that come here are smaller.
const REQUEST: usize = 16 * 1024;

/// The answers that it has.
#[derive(Debug, Clone)]
struct Answers {
    /// To `/.well-known/jwks.json`
    keys: Vec<u8>,
    /// To whatever begins with `/products`: everybody may keep it for a moment.
    public: Vec<u8>,
    /// To everything else.
    private: Vec<u8>,
}

/// Listens on a port of 127.0.0.1, on this thread, until the runtime ends; `keys` is the key set.
///
/// # Errors
/// The port is taken.
pub async fn start(port: u16, keys: &str) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.context("the upstream's port")?;
    let product = json!({ "id": 42, "name": "A cart", "text": "x".repeat(980) }).to_string();
    let answers = Answers {
        keys: answer("public, max-age=300", keys),
        public: answer("public, max-age=2\r\netag: \"1\"", &product),
        private: answer("private, no-store", &product),
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answers = answers.clone();
            // A proxy that ends breaks off in the middle.
            tokio::spawn(async move { serve(stream, &answers).await.ok() });
        }
    });
    Ok(())
}

fn answer(cache_control: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\ncache-control: {cache_control}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn serve(mut stream: TcpStream, answers: &Answers) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut read = Vec::with_capacity(REQUEST);
    loop {
        if stream.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
        // No request here has a body, and none follows before it is answered.
        if !read.ends_with(b"\r\n\r\n") {
            continue;
        }
        let answer = match &read[..] {
            [b'G', b'E', b'T', b' ', path @ ..] if path.starts_with(b"/products") => &answers.public,
            [b'G', b'E', b'T', b' ', path @ ..] if path.starts_with(b"/.well-known/") => &answers.keys,
            _ => &answers.private,
        };
        stream.write_all(answer).await?;
        read.clear();
    }
}
