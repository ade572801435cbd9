//! The container's health check: the program asks the one that serves beside it, for the image holds no other tool.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::Env;

/// How long the answer may take in all.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks `GET /health/live` of the service in this container, on `PORT` or else `port`.
///
/// # Errors
/// It does not answer in time, or not with 200.
pub(crate) fn check(port: u16) -> anyhow::Result<()> {
    let mut env = Env::from_pairs(std::env::vars());
    let address = address(&mut env, port);
    env.finish()?;
    ask(address, PATIENCE)
}

/// A service that listens on all addresses is asked on loopback.
fn address(env: &mut Env, port: u16) -> SocketAddr {
    let host = match env.or("HOST", IpAddr::V4(Ipv4Addr::LOCALHOST)) {
        IpAddr::V4(host) if host.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(host) if host.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, env.or("PORT", port))
}

fn ask(address: SocketAddr, patience: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + patience;
    let unhealthy = || format!("GET /health/live of {address}");
    let mut stream = TcpStream::connect_timeout(&address, patience).with_context(unhealthy)?;
    stream.set_write_timeout(Some(patience))?;
    // In one piece: a service may answer, and close, once it has read the first.
    let request = format!("GET /health/live HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).with_context(unhealthy)?;
    // `HTTP/1.1 200`
    let mut answer = [0; 12];
    let mut got = 0;
    while got < answer.len() {
        // A service that drips a byte now and then has no more time than one that is silent.
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            bail!("{}: no answer within {patience:?}", unhealthy());
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut answer[got..]).with_context(unhealthy)? {
            0 => bail!("{}: the connection ended without an answer", unhealthy()),
            more => got += more,
        }
    }
    match answer.get(9..) {
        Some(b"200") if answer.starts_with(b"HTTP/1.") => Ok(()),
        _ => bail!("{}: {}", unhealthy(), String::from_utf8_lossy(&answer)),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    const SHORT: Duration = Duration::from_millis(200);

    /// Answers one request with `answer`, a byte every `pause`.
    fn server(answer: &'static str, pause: Duration) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            // The whole request: closing a connection with something unread resets it, and the answer may be lost.
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                let mut piece = [0; 256];
                match stream.read(&mut piece).unwrap() {
                    0 => return,
                    more => request.extend_from_slice(&piece[..more]),
                }
            }
            for byte in answer.bytes() {
                thread::sleep(pause);
                if stream.write_all(&[byte]).is_err() {
                    return;
                }
            }
        });
        address
    }

    #[test]
    fn only_200_in_time_is_healthy() {
        let at_once = Duration::ZERO;
        ask(server("HTTP/1.1 200 OK\r\n\r\n", at_once), PATIENCE).unwrap();
        let failing = ask(server("HTTP/1.1 503 Service Unavailable\r\n\r\n", at_once), PATIENCE).unwrap_err();
        assert!(failing.to_string().contains("503"), "{failing}");
        ask(server("", at_once), PATIENCE).unwrap_err();
        ask(server("HTTP/1.1 200 OK\r\n\r\n", Duration::from_millis(50)), SHORT).unwrap_err();
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert!(ask(free, SHORT).unwrap_err().to_string().contains("/health/live"));
    }

    #[test]
    fn a_service_on_all_addresses_is_asked_on_loopback() {
        let read = |pairs: &[(&str, &str)]| {
            let mut env = Env::from_pairs(pairs.iter().copied());
            address(&mut env, 8003).to_string()
        };
        assert_eq!(read(&[]), "127.0.0.1:8003");
        assert_eq!(read(&[("HOST", "0.0.0.0"), ("PORT", "80")]), "127.0.0.1:80");
        assert_eq!(read(&[("HOST", "::")]), "[::1]:8003");
        assert_eq!(read(&[("HOST", "10.0.0.7")]), "10.0.0.7:8003");
    }
}
