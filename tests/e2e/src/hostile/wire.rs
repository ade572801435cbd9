//! HTTP/1.1 over a plain socket: bytes out, answers back.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

use crate::api::Answer;

/// How long answers may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one more answer is waited for, which nobody should get.
const LINGER: Duration = Duration::from_millis(300);

/// Everything that came back on a connection.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answers, without 1xx.
    pub answers: Vec<Answer>,
    /// Whether the other side closed the connection in the end.
    pub closed: bool,
}

/// Where requests go.
#[derive(Debug, Clone)]
pub struct Wire {
    address: SocketAddr,
}

impl Wire {
    /// The server of `base`, such as `http://127.0.0.1:8000`.
    ///
    /// # Errors
    /// It is no such address.
    pub fn new(base: &str) -> Result<Self> {
        let address = base.strip_prefix("http://").and_then(|rest| rest.parse().ok());
        Ok(Self { address: address.with_context(|| format!("{base} is no http://ADDRESS:PORT"))? })
    }

    /// For `Host`.
    #[must_use]
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// Sends bytes on a connection of their own and reads what comes back, until the connection is closed or `wanted`
    /// answers are there and no further one follows. `without_body`: as answers to HEAD are.
    ///
    /// # Errors
    /// There is no connection, or what comes back is not HTTP.
    pub async fn exchange(&self, request: &[u8], wanted: usize, without_body: bool) -> Result<Reply> {
        let mut stream = TcpStream::connect(self.address).await.context("connecting")?;
        // Borrowed halves: an owned one closes its direction when it goes.
        let (mut reader, mut writer) = stream.split();
        let write = async {
            // Whoever has answered need not read on.
            let _ = writer.write_all(request).await;
            std::future::pending().await
        };
        let read = async {
            let mut bytes = Vec::new();
            let mut closed = false;
            let mut deadline = Instant::now() + PATIENCE;
            let mut lingering = false;
            while let Ok(read) = timeout_at(deadline, reader.read_buf(&mut bytes)).await {
                // A connection that is reset is closed too.
                if read.unwrap_or(0) == 0 {
                    closed = true;
                    break;
                }
                if !lingering && answers(&bytes, without_body, false)?.len() >= wanted {
                    (lingering, deadline) = (true, Instant::now() + LINGER);
                }
            }
            Ok::<_, anyhow::Error>(Reply { answers: answers(&bytes, without_body, closed)?, closed })
        };
        tokio::select! {
            reply = read => reply,
            never = write => never,
        }
    }
}

/// The complete answers that `bytes` begins with.
fn answers(mut bytes: &[u8], without_body: bool, closed: bool) -> Result<Vec<Answer>> {
    let mut answers = Vec::new();
    while let Some((head, rest)) = split(bytes, b"\r\n\r\n") {
        let (status, headers) = self::head(head)?;
        let Some((body, rest)) = body(status, &headers, rest, without_body, closed)? else { break };
        bytes = rest;
        if status >= 200 {
            answers.push(Answer { status, headers, body });
        }
    }
    Ok(answers)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let position = bytes.windows(at.len()).position(|window| window == at)?;
    Some((&bytes[..position], &bytes[position + at.len()..]))
}

fn head(bytes: &[u8]) -> Result<(u16, HeaderMap)> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
    let status = status.with_context(|| format!("{first:?} is no status line"))?;
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = split(line, b":").context("a header without a colon")?;
        let name = HeaderName::from_bytes(name).context("the name of a header")?;
        headers.append(name, HeaderValue::from_bytes(value.trim_ascii()).context("the value of a header")?);
    }
    Ok((status, headers))
}

type Split<'a> = Option<(Vec<u8>, &'a [u8])>;

/// The body that `bytes` begins with, and what follows it; None when it is not all there.
fn body<'a>(
    status: u16,
    headers: &HeaderMap,
    bytes: &'a [u8],
    without_body: bool,
    closed: bool,
) -> Result<Split<'a>> {
    if without_body || status < 200 || matches!(status, 204 | 304) {
        return Ok(Some((Vec::new(), bytes)));
    }
    if headers.get(TRANSFER_ENCODING).is_some_and(|value| value == "chunked") {
        return chunks(bytes);
    }
    let Some(length) = headers.get(CONTENT_LENGTH) else {
        return Ok(closed.then(|| (bytes.to_vec(), &bytes[bytes.len()..])));
    };
    let length: usize = length.to_str()?.parse().context("the length of an answer")?;
    Ok(bytes.split_at_checked(length).map(|(body, rest)| (body.to_vec(), rest)))
}

fn chunks(mut bytes: &[u8]) -> Result<Split<'_>> {
    let mut body = Vec::new();
    loop {
        let Some((size, rest)) = split(bytes, b"\r\n") else { return Ok(None) };
        let size =
            usize::from_str_radix(&String::from_utf8_lossy(size), 16).context("the size of a chunk")?;
        let Some((chunk, rest)) = rest.split_at_checked(size) else { return Ok(None) };
        let Some((end, rest)) = rest.split_at_checked(2) else { return Ok(None) };
        ensure!(end == b"\r\n", "a chunk is longer than it says");
        if size == 0 {
            return Ok(Some((body, rest)));
        }
        body.extend_from_slice(chunk);
        bytes = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[u8] =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\nX-A: 1\r\n\r\n{}\
        HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n";

    #[test]
    fn answers_are_told_apart_by_their_lengths() {
        let found = answers(TWO, false, false).unwrap();
        let found: Vec<(u16, &[u8])> =
            found.iter().map(|answer| (answer.status, answer.body.as_slice())).collect();
        assert_eq!(found, [(401, &b"{}"[..]), (200, b"abcd")]);
    }

    #[test]
    fn an_answer_counts_when_it_is_all_there() {
        assert_eq!(answers(&TWO[..TWO.len() - 1], false, true).unwrap().len(), 1);
        assert_eq!(answers(&TWO[..80], false, false).unwrap().len(), 0);
        let unbounded = b"HTTP/1.1 200 OK\r\n\r\nabc";
        assert_eq!(answers(unbounded, false, false).unwrap().len(), 0);
        assert_eq!(answers(unbounded, false, true).unwrap()[0].body, b"abc");
        assert_eq!(answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", true, false).unwrap().len(), 1);
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(answers(b"SSH-2.0-x\r\n\r\n", false, false).is_err());
        assert!(Wire::new("https://shop.example").is_err());
    }
}
