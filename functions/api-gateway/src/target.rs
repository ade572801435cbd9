//! Request targets that could mean one thing here and another behind us. They are refused, not repaired: a path that
//! two programs read differently is how a private route is reached.

use http::header::{HOST, HeaderMap};
use http::request::Parts;
use http::{Uri, Version};

use crate::error::Refusal;

/// Path and query, in bytes.
const LONGEST: usize = 8 * 1024;

/// All headers together, in bytes.
const LARGEST: usize = 32 * 1024;

/// Lets a target through whose path has one reading only.
///
/// # Errors
/// 414 when it is too long, 400 for dot segments, empty segments, encoded or plain separators (`/`, `\`), control
/// characters and broken escapes.
pub fn check(uri: &Uri) -> Result<(), Refusal> {
    if uri.path_and_query().map_or(0, |target| target.as_str().len()) > LONGEST {
        return Err(Refusal::UriTooLong);
    }
    if has_one_reading(uri.path()) { Ok(()) } else { Err(Refusal::MalformedPath) }
}

/// Lets a request through whose headers are not too many bytes. The parser has a bound too, of the memory that it takes.
///
/// # Errors
/// 431.
pub fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    // With what is between and behind them.
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > LARGEST { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
}

/// Lets a request through that names one host (RFC 9112, 3.2; RFC 9113, 8.3.1).
///
/// # Errors
/// 400 when it names none, several, or what is no name or address.
pub fn check_host(parts: &Parts) -> Result<(), Refusal> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) if host.to_str().is_ok_and(is_host) => Ok(()),
        // HTTP/2 has it in the target, HTTP/1.0 need not have it.
        (None, _) if parts.version == Version::HTTP_10 || parts.uri.authority().is_some() => Ok(()),
        _ => Err(Refusal::NoHost),
    }
}

/// A name or an address, and perhaps a port.
#[must_use]
pub fn is_host(text: &str) -> bool {
    let of_a_host =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    !text.is_empty() && text.bytes().all(of_a_host)
}

fn has_one_reading(path: &str) -> bool {
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains('\\')
        && !path.split('/').any(is_dot_segment)
        && (!path.contains('%') || escapes_are_plain(path.as_bytes()))
}

/// `.`, `..`, and the same with `%2e` (RFC 3986, 5.2.4 and 6.2.2). Parameters after `;` do not change a dot segment for
/// the servers that have them.
fn is_dot_segment(segment: &str) -> bool {
    let mut rest = segment.split(';').next().unwrap_or_default().as_bytes();
    let mut dots = 0;
    while !rest.is_empty() {
        rest = match rest {
            [b'.', rest @ ..] | [b'%', b'2', b'e' | b'E', rest @ ..] => rest,
            _ => return false,
        };
        dots += 1;
    }
    matches!(dots, 1 | 2)
}

fn escapes_are_plain(path: &[u8]) -> bool {
    path.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(at, _)| {
        let digit = |offset: usize| path.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (digit(1), digit(2)) {
            (Some(high), Some(low)) => {
                let byte = high * 16 + low;
                byte >= 0x20 && byte != 0x7f && byte != u32::from(b'/') && byte != u32::from(b'\\')
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_two_readings_is_refused() {
        let paths = [
            "//internal/quotes",
            "/./internal",
            "/products/../internal",
            "/products/..",
            "/%2e%2e/internal",
            "/.%2E/x",
            "/products/%2e/x",
            "/products%2f..%2finternal",
            "/products/%2Finternal",
            "/products/%5c..",
            "/products\\..\\x",
            "/products/%00",
            "/products/%0d%0aX",
            "/products/%",
            "/products/%2",
            "/products/%zz",
            "/products//x",
            "/products/..;/internal",
            "/products/%7f",
            "/products/x//",
            "",
            "*",
        ];
        for path in paths {
            assert!(!has_one_reading(path), "{path}");
        }
    }

    #[test]
    fn an_ordinary_path_goes_through() {
        let paths = [
            "/",
            "/products",
            "/products/",
            "/.well-known/jwks.json",
            "/products/caf%C3%A9",
            "/products/a%20b",
            "/products/...",
            "/products/a..b",
            "/inventory/A-1.5",
            "/products/.hidden",
            "/products/100%25",
        ];
        for path in paths {
            assert!(has_one_reading(path), "{path}");
        }
    }

    #[test]
    fn headers_of_more_than_32_kib_are_too_large() {
        let headers = |length: usize| {
            HeaderMap::from_iter([(HOST, http::HeaderValue::from_str(&"a".repeat(length - 8)).unwrap())])
        };
        assert!(check_headers(&headers(LARGEST)).is_ok());
        assert_eq!(check_headers(&headers(LARGEST + 1)), Err(Refusal::HeadersTooLarge));
    }

    #[test]
    fn a_host_is_named_once_and_is_one() {
        let check = |hosts: &[&str], version, target: &str| {
            let mut request = http::Request::builder().version(version).uri(target);
            for host in hosts {
                request = request.header(HOST, *host);
            }
            check_host(&request.body(()).unwrap().into_parts().0)
        };
        for host in ["shop.example", "127.0.0.1:8000", "[::1]:8000", "a_b.local"] {
            check(&[host], Version::HTTP_11, "/").unwrap();
        }
        for hosts in [&[][..], &["a", "b"], &["a", "a"], &[""], &["a, b"], &["a/b"], &["a@b"], &["a b"]] {
            check(hosts, Version::HTTP_11, "/").unwrap_err();
        }
        check(&[], Version::HTTP_10, "/").unwrap();
        check(&[], Version::HTTP_2, "http://shop.example/").unwrap();
    }

    #[test]
    fn a_target_of_more_than_8_kib_is_too_long() {
        let uri = |length: usize| format!("/products?q={}", "a".repeat(length - 12)).parse::<Uri>().unwrap();
        assert!(check(&uri(LONGEST)).is_ok());
        assert!(matches!(check(&uri(LONGEST + 1)), Err(Refusal::UriTooLong)));
    }
}
