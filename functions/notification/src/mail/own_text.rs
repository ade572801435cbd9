//! A text that somebody wrote for one message.

use super::Rendered;
use super::filters::one_line;
use crate::domain::Text;

impl Rendered {
    /// As it was written; a mail without HTML gets its text as HTML, and one without text the text of its HTML.
    #[must_use]
    pub fn of_text(text: &Text) -> Self {
        let html = text.html.clone().unwrap_or_else(|| as_html(&text.text));
        let plain = if text.text.is_empty() { as_text(&html) } else { text.text.clone() };
        Self { subject: text.subject.as_deref().map(one_line), text: plain, html: Some(html) }
    }
}

fn as_html(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            c => c.to_string(),
        })
        .collect();
    format!("<div style=\"white-space: pre-wrap\">{escaped}</div>\n")
}

/// What a reader without HTML sees: no tags, no styles, a line for each block, and links with their addresses.
fn as_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    let mut link: Option<String> = None;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        let Some(end) = rest[start..].find('>') else { break };
        let tag = &rest[start + 1..start + end];
        rest = &rest[start + end + 1..];
        let name: String =
            tag.chars().take_while(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
        match name.trim_end_matches('/') {
            skipped @ ("style" | "script" | "head" | "title") => {
                // ASCII only is made lower, so positions stay what they are.
                let close = rest.to_ascii_lowercase().find(&format!("</{skipped}"));
                rest = close.map_or("", |at| &rest[at..]);
            }
            "br" | "p" | "/p" | "div" | "/div" | "tr" | "/tr" | "li" | "h1" | "/h1" | "h2" | "/h2" | "h3"
            | "/h3" => {
                text.push('\n');
            }
            "a" => link = href(tag),
            "/a" => {
                if let Some(link) = link.take().filter(|link| !text.ends_with(link.as_str())) {
                    text.push_str(" (");
                    text.push_str(&link);
                    text.push(')');
                }
            }
            _ => {}
        }
    }
    text.push_str(rest);
    let text = text
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        if !(line.is_empty() && kept.last().is_none_or(String::is_empty)) {
            kept.push(line);
        }
    }
    format!("{}\n", kept.join("\n").trim())
}

fn href(tag: &str) -> Option<String> {
    let (_, value) = tag.split_once("href=\"")?;
    value.split_once('"').map(|(link, _)| link.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subject: &str, text: &str, html: Option<&str>) -> Rendered {
        let (subject, text) = (Some(subject.to_owned()), text.to_owned());
        Rendered::of_text(&Text { subject, text, html: html.map(str::to_owned) })
    }

    #[test]
    fn a_text_alone_is_shown_as_it_is_and_nothing_in_it_is_markup() {
        let mail = of("Hi\r\nBcc: eve@example.com", "1 < 2 & {{ x }}\n<b>", None);
        assert_eq!(mail.subject.as_deref(), Some("Hi Bcc: eve@example.com"));
        assert_eq!(mail.text, "1 < 2 & {{ x }}\n<b>");
        let shown = mail.html.unwrap();
        assert!(shown.contains("1 &lt; 2 &amp; {{ x }}\n&lt;b&gt;"), "{shown}");
    }

    #[test]
    fn html_alone_is_also_a_text_to_read() {
        let html = "<html><head><title>x</title></head><style>p { color: red }</style><h1>Hello</h1><p>a &amp; b<br>c \
            <a href=\"https://shop.example/?a=1&amp;b=2\">Orders</a></p><p>ende</html>";
        let mail = of("Hi", "", Some(html));
        assert_eq!(mail.text, "Hello\n\na & b\nc Orders (https://shop.example/?a=1&b=2)\n\nende\n");
        assert_eq!(mail.html.as_deref(), Some(html));
    }

    #[test]
    fn broken_html_is_no_panic() {
        for html in ["<", "<a href=\"", "x<style>", "<é>ü</a>", "</a></a>", ""] {
            let _ = of("Hi", "", Some(html));
        }
    }
}
