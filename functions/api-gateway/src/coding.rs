//! Which content codings a client takes (RFC 9110, 12.5.3).

use http::header::{ACCEPT_ENCODING, HeaderMap};

/// A content coding that there is an encoder for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// `br`
    Brotli,
    /// `gzip`
    Gzip,
}

impl Coding {
    /// All of them, the better one first.
    pub const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// The one that the client likes best, if it takes any; of several, the better one.
    #[must_use]
    pub fn wanted(request: &HeaderMap) -> Option<Self> {
        let weighed = Self::ALL.map(|coding| (coding, coding.weight(request)));
        // Of equals `max_by` takes the last.
        let best = weighed.into_iter().rev().max_by(|(_, one), (_, other)| one.total_cmp(other));
        best.filter(|(_, weight)| *weight > 0.0).map(|(coding, _)| coding)
    }

    /// Whether the client takes it.
    #[must_use]
    pub fn is_taken(self, request: &HeaderMap) -> bool {
        self.weight(request) > 0.0
    }

    /// From 0, not at all, to 1.
    fn weight(self, request: &HeaderMap) -> f32 {
        let lists = request.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        let mut weights = lists.flat_map(|list| list.split(',')).filter_map(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            parts.next().filter(|name| name.eq_ignore_ascii_case(self.name()))?;
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
        });
        weights.next().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_gets_the_coding_that_it_likes_best() {
        let table = [
            ("gzip", Some(Coding::Gzip)),
            ("br, GZIP;q=0.5", Some(Coding::Brotli)),
            ("gzip, deflate, br, zstd", Some(Coding::Brotli)),
            ("br;q=0.2, gzip;q=0.8", Some(Coding::Gzip)),
            ("br;q=0, gzip", Some(Coding::Gzip)),
            ("deflate,gzip; q=0.001", Some(Coding::Gzip)),
            ("gzip;q=0", None),
            ("gzip;q=much", None),
            ("identity", None),
            ("xgzip, brotli", None),
            ("", None),
        ];
        for (value, coding) in table {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]);
            assert_eq!(Coding::wanted(&headers), coding, "{value}");
        }
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
    }
}
