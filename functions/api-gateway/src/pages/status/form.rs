//! Which form of the page a request wants (RFC 9110, 12.5.1).

use http::header::{ACCEPT, HeaderMap};

/// The forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// What programs read, and the page's script.
    Json,
    /// What a browser shows.
    Html,
}

impl Form {
    /// JSON, unless HTML is asked for by its name and liked at least as well.
    #[must_use]
    pub fn wanted(request: &HeaderMap) -> Self {
        let html = weight(request, "text/html").unwrap_or(0.0);
        let json = weight(request, "application/json").unwrap_or(0.0);
        if html > 0.0 && html >= json { Self::Html } else { Self::Json }
    }
}

/// How well a media type is liked that is named itself: from 0, not at all, to 1.
fn weight(request: &HeaderMap, media_type: &str) -> Option<f32> {
    let lists = request.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).find_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        parts.next().filter(|name| name.eq_ignore_ascii_case(media_type))?;
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Some(weight.map_or(1.0, |weight| weight.parse().unwrap_or(0.0)))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_browser_gets_the_page_and_everybody_else_json() {
        let table = [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", Form::Html),
            ("TEXT/HTML;q=0.1", Form::Html),
            ("text/html, application/json", Form::Html),
            ("application/json, text/html;q=0.9", Form::Json),
            ("application/json", Form::Json),
            ("text/html;q=0", Form::Json),
            ("text/html;q=much", Form::Json),
            ("text/*", Form::Json),
            ("*/*", Form::Json),
            ("text/htmlx", Form::Json),
            ("", Form::Json),
        ];
        for (accept, form) in table {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Form::wanted(&headers), form, "{accept}");
        }
        assert_eq!(Form::wanted(&HeaderMap::new()), Form::Json);
    }
}
