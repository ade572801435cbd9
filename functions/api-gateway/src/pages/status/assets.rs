//! The page's own files, all in this program.

use std::sync::LazyLock;

use axum::response::Response;
use http::header::{
    ACCEPT, CONTENT_SECURITY_POLICY, ETAG, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};

use crate::content::Content;

/// The page takes scripts and styles from here, talks to here, and sends no form anywhere by itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
    frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// What the address answers is either this or what is true now.
const NEVER: &str = "no-store";
/// The files change with a release.
const SOON: &str = "public, max-age=300";

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The page itself, at the same address as the JSON.
    Page,
    /// Its style.
    Style,
    /// Its script.
    Script,
}

impl File {
    const ALL: [Self; 3] = [Self::Page, Self::Style, Self::Script];

    /// Where it is.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Page => "/status",
            Self::Style => "/status/status.css",
            Self::Script => "/status/status.js",
        }
    }

    /// The file at a path.
    #[must_use]
    pub fn find(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.path() == path)
    }

    /// The whole answer, or 304 for a file that the client has.
    #[must_use]
    pub fn answer(self, request: &HeaderMap) -> Response {
        let mut request = request.clone();
        if self == Self::Page {
            request.remove(IF_NONE_MATCH);
        }
        let mut answer = self.content().answer(&request);
        let headers = answer.headers_mut();
        let policies: [(HeaderName, &'static str); 3] = [
            (CONTENT_SECURITY_POLICY, POLICY),
            (X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        for (name, value) in policies {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self == Self::Page {
            headers.append(VARY, HeaderValue::from(ACCEPT));
            headers.remove(ETAG);
        }
        answer
    }

    fn content(self) -> &'static Content {
        static CONTENTS: LazyLock<[Content; 3]> = LazyLock::new(|| File::ALL.map(File::build));
        &CONTENTS[self as usize]
    }

    fn build(self) -> Content {
        match self {
            Self::Page => Content::of_text(
                include_str!("../../../assets/status.html"),
                "text/html; charset=utf-8",
                NEVER,
            ),
            Self::Style => {
                Content::of_text(include_str!("../../../assets/status.css"), "text/css; charset=utf-8", SOON)
            }
            Self::Script => Content::of_text(
                include_str!("../../../assets/status.js"),
                "text/javascript; charset=utf-8",
                SOON,
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_files_and_nothing_inline_or_of_another_host() {
        let page = String::from_utf8(File::Page.content().plain().to_vec()).unwrap();
        for part in page.split("\"/status/").skip(1) {
            let path = format!("/status/{}", part.split('"').next().unwrap_or_default());
            assert!(File::find(&path).is_some(), "{path}");
        }
        assert!(!page.contains("style=") && !page.contains("<style") && !page.contains("onclick"));
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/status/") && script.contains("></script>"), "{script}");
        }
        for file in [File::Page, File::Style] {
            let text = String::from_utf8(file.content().plain().to_vec()).unwrap();
            assert_eq!(text.matches("://").count(), 0, "{file:?} names another host");
        }
    }
}
