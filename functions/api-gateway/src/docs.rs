//! The reference page at `/docs`: Swagger UI, all of it in this program. No other host is asked for anything.

use std::sync::LazyLock;

use crate::content::Content;

/// The page takes scripts from here only. Swagger UI sets styles of its own while it runs.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// What never changes under its name.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// What changes with a release.
const A_DAY: &str = "public, max-age=86400";
/// The page, which names the others.
const SOON: &str = "public, max-age=300";

/// A file of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum File {
    /// The page itself.
    Page,
    /// Our style.
    Style,
    /// What starts Swagger UI.
    Script,
    /// Swagger UI's style.
    SwaggerStyle,
    /// Swagger UI.
    SwaggerScript,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Page, Self::Style, Self::Script, Self::SwaggerStyle, Self::SwaggerScript];

    /// Where it is.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Page => "/docs",
            Self::Style => "/docs/docs.css",
            Self::Script => "/docs/docs.js",
            Self::SwaggerStyle => concat!("/docs/swagger-ui-", env!("SWAGGER_UI_VERSION"), ".css"),
            Self::SwaggerScript => concat!("/docs/swagger-ui-", env!("SWAGGER_UI_VERSION"), ".js"),
        }
    }

    /// The file at a path.
    #[must_use]
    pub fn find(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.path() == path)
    }

    /// What is in it; compressed when it is first asked for.
    #[must_use]
    pub fn content(self) -> &'static Content {
        static CONTENTS: LazyLock<[Content; 5]> = LazyLock::new(|| File::ALL.map(File::build));
        &CONTENTS[self as usize]
    }

    fn build(self) -> Content {
        const CSS: &str = "text/css; charset=utf-8";
        const JS: &str = "text/javascript; charset=utf-8";
        match self {
            Self::Page => {
                let page = include_str!("../assets/docs.html");
                let page = page.replace("{version}", env!("SWAGGER_UI_VERSION"));
                Content::of_text(&page, "text/html; charset=utf-8", SOON)
            }
            Self::Style => Content::of_text(include_str!("../assets/docs.css"), CSS, A_DAY),
            Self::Script => Content::of_text(include_str!("../assets/docs.js"), JS, A_DAY),
            Self::SwaggerStyle => {
                let packed = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz"));
                Content::of_gzip(packed, CSS, FOREVER)
            }
            Self::SwaggerScript => {
                let packed = include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz"));
                Content::of_gzip(packed, JS, FOREVER)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_files_that_are_there_and_has_no_inline_script() {
        let page = String::from_utf8(File::Page.content().plain().to_vec()).unwrap();
        for part in page.split("\"/docs/").skip(1) {
            let path = format!("/docs/{}", part.split('"').next().unwrap_or_default());
            assert!(File::find(&path).is_some(), "{path}");
        }
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"") && script.contains("></script>"), "{script}");
        }
        assert_eq!(page.matches("://").count(), 0, "another host is named");
    }

    #[test]
    fn swagger_ui_is_whole_and_leads_to_no_source_map() {
        let script = File::SwaggerScript.content().plain();
        let script = std::str::from_utf8(script).unwrap();
        assert!(script.contains("SwaggerUIBundle") && !script.contains("# sourceMappingURL"));
        assert!(File::SwaggerStyle.content().plain().starts_with(b".swagger-ui"));
    }
}
