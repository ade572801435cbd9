//! A client that costs next to nothing, as pgbench does: a connection, a request, an answer of known length.

use std::str;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A connection that stays open.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    host: String,
    authorization: String,
    read: Vec<u8>,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer<'a> {
    /// As 200.
    pub status: u16,
    /// All of it.
    pub body: &'a [u8],
}

impl Connection {
    /// To `http://HOST:PORT`, with a bearer token if there is one.
    ///
    /// # Errors
    /// Nobody listens there.
    pub async fn open(base: &str, token: Option<&str>) -> Result<Self> {
        let host = base.strip_prefix("http://").context("the address is no http://")?;
        let stream = TcpStream::connect(host).await.with_context(|| format!("connecting to {base}"))?;
        stream.set_nodelay(true)?;
        let authorization =
            token.map(|token| format!("authorization: Bearer {token}\r\n")).unwrap_or_default();
        Ok(Self { stream, host: host.to_owned(), authorization, read: Vec::with_capacity(64 * 1024) })
    }

    /// Reads a path.
    ///
    /// # Errors
    /// The connection breaks, or the answer is not one of known length.
    pub async fn get(&mut self, path: &str) -> Result<Answer<'_>> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\naccept: application/json\r\n{}\r\n",
            self.host, self.authorization
        );
        self.send(request.as_bytes()).await
    }

    /// Sends a request as it is, and reads the answer.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn send(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.read.clear();
        loop {
            let more = self.stream.read_buf(&mut self.read).await?;
            ensure!(more > 0, "the connection was closed in the middle of an answer");
            if let Some((status, from, length)) = head(&self.read)? {
                let end = from + length;
                while self.read.len() < end {
                    let more = self.stream.read_buf(&mut self.read).await?;
                    ensure!(more > 0, "the connection was closed in the middle of a body");
                }
                ensure!(self.read.len() == end, "more came than was asked for");
                return Ok(Answer { status, body: &self.read[from..end] });
            }
        }
    }
}

/// Status, where the body begins, and how long it is; None: not all of the head is there.
fn head(read: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = str::from_utf8(&read[..end]).context("the head is no text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.context("there is no status")?;
    let length = lines.find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match length {
        Some(length) => Ok(Some((status, end + 4, length))),
        None => bail!("an answer of unknown length: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn a_head_is_read_when_all_of_it_is_there() {
        let whole = b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nx: y\r\n\r\n{}";
        assert_eq!(head(whole).unwrap(), Some((404, whole.len() - 2, 2)));
        assert_eq!(head(&whole[..30]).unwrap(), None);
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[tokio::test]
    async fn answers_in_pieces_are_put_together() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::with_capacity(1024);
            for piece in ["HTTP/1.1 200 OK\r\ncontent-le", "ngth: 5\r\n\r\nab", "cde"] {
                if asked.is_empty() {
                    stream.read_buf(&mut asked).await.unwrap();
                }
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
            String::from_utf8(asked).unwrap()
        });
        let mut connection = Connection::open(&format!("http://{address}"), Some("t")).await.unwrap();
        let answer = connection.get("/products?q=a").await.unwrap();
        assert_eq!(answer, Answer { status: 200, body: b"abcde" });
        let asked = server.await.unwrap();
        assert!(asked.starts_with("GET /products?q=a HTTP/1.1\r\n") && asked.contains("Bearer t\r\n"));
    }
}
