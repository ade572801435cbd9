//! From a step to the bytes that are sent.

use anyhow::{Context as _, Result, bail};

use super::case::Step;

/// Headers that are sent by themselves.
const HOST: &str = "host";

/// The request of a step whose placeholders are filled in. `token` goes along unless there is an `Authorization` already.
pub fn request(step: &Step, host: &str, token: Option<&str>) -> Result<Vec<u8>> {
    match &step.raw {
        Some(raw) => raw_request(raw),
        None => Ok(plain_request(step, host, token)),
    }
}

fn plain_request(step: &Step, host: &str, token: Option<&str>) -> Vec<u8> {
    let body = step.body.as_deref().unwrap_or_default();
    let length = body.len().to_string();
    let bearer = token.map(|token| format!("Bearer {token}"));
    let mut by_itself = vec![(HOST, host), ("connection", "close"), ("user-agent", "hostile")];
    by_itself.extend(bearer.as_deref().map(|bearer| ("authorization", bearer)));
    if step.body.is_some() {
        by_itself.extend([("content-type", "application/json"), ("content-length", &length)]);
    }
    let mut lines = vec![format!("{} {} HTTP/1.1", step.method, step.path)];
    for (name, value) in by_itself {
        if !step.headers.iter().any(|header| own_name(header).eq_ignore_ascii_case(name)) {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines.extend(step.headers.iter().filter(|header| !header.starts_with('-')).cloned());
    format!("{}\r\n\r\n{body}", lines.join("\r\n")).into_bytes()
}

fn own_name(header: &str) -> &str {
    header.trim_start_matches('-').split(':').next().unwrap_or_default()
}

/// With its escapes read, and `{length}` filled in.
fn raw_request(text: &str) -> Result<Vec<u8>> {
    let bytes = unescaped(text)?;
    let end = find(&bytes, b"\r\n\r\n").map_or(bytes.len(), |at| at + 4);
    let (head, body) = bytes.split_at(end);
    let Some(at) = find(head, b"{length}") else { return Ok(bytes) };
    let length = body.len().to_string();
    Ok([&head[..at], length.as_bytes(), &head[at + b"{length}".len()..], body].concat())
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn unescaped(text: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut characters = text.chars().filter(|character| *character != '\n');
    while let Some(character) = characters.next() {
        if character != '\\' {
            let mut buffer = [0; 4];
            bytes.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
            continue;
        }
        bytes.push(match characters.next() {
            Some('r') => b'\r',
            Some('n') => b'\n',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => {
                let digits: String = characters.by_ref().take(2).collect();
                u8::from_str_radix(&digits, 16).with_context(|| format!("\\x{digits} is no byte"))?
            }
            other => bail!("\\{} is no escape", other.unwrap_or(' ')),
        });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(toml: &str) -> Step {
        toml::from_str(toml).unwrap()
    }

    fn text(toml: &str, token: Option<&str>) -> String {
        String::from_utf8(request(&step(toml), "shop.example", token).unwrap()).unwrap()
    }

    #[test]
    fn a_request_has_what_every_request_needs_and_what_the_step_says_instead() {
        assert_eq!(
            text("path = '/users'", Some("t")),
            "GET /users HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\nuser-agent: hostile\r\nauthorization: Bearer t\r\n\r\n"
        );
        let own = "method = 'POST'\npath = '/x'\nbody = '{}'\nheaders = ['Host: evil.example', 'AUTHORIZATION: Basic eA==', '-Content-Type', '-connection']";
        assert_eq!(
            text(own, Some("t")),
            "POST /x HTTP/1.1\r\nuser-agent: hostile\r\ncontent-length: 2\r\nHost: evil.example\r\nAUTHORIZATION: Basic eA==\r\n\r\n{}"
        );
    }

    #[test]
    fn a_raw_request_is_its_escapes_and_knows_its_length() {
        let raw = "raw = '''\nGET / HTTP/1.1\\r\\n\nContent-Length: {length}\\r\\n\n\\r\\n\na\\0b\\\\'''";
        assert_eq!(text(raw, None), "GET / HTTP/1.1\r\nContent-Length: 4\r\n\r\na\0b\\");
        assert_eq!(unescaped("\\xff\\x00é").unwrap(), [0xff, 0, 0xc3, 0xa9]);
        for bad in ["\\", "\\q", "\\xzz"] {
            assert!(unescaped(bad).is_err(), "{bad}");
        }
    }
}
