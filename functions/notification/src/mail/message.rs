//! The message itself (RFC 5322, MIME): text and HTML as alternatives, files beside them.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment as Part, Mailbox, Message, MultiPart, SinglePart};
use thiserror::Error;

use super::Rendered;

/// A file that goes with a mail.
pub struct Attachment {
    /// What the recipient sees.
    pub filename: String,
    /// `application/pdf`
    pub content_type: &'static str,
    /// The file.
    pub content: Vec<u8>,
}

/// What a message is made of.
pub struct Parts<'a> {
    /// The shop's name.
    pub from_name: &'a str,
    /// The shop's address.
    pub from: &'a str,
    /// The recipient's address.
    pub to: &'a str,
    /// What to say.
    pub rendered: Rendered,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Where one click ends mails of this kind; marketing only.
    pub unsubscribe_link: Option<&'a str>,
    /// The `Date` header.
    pub date: DateTime<Utc>,
}

/// Why there is no message. Does not say which address it was.
#[derive(Debug, Error)]
pub enum MessageError {
    /// The recipient's address is none.
    #[error("the recipient's address is not valid")]
    Recipient,
    /// The rest does not make a message.
    #[error("the message cannot be built")]
    Build(#[source] lettre::error::Error),
}

/// Builds the message.
///
/// # Errors
/// See [`MessageError`].
pub fn build(parts: Parts<'_>) -> Result<Vec<u8>, MessageError> {
    let Parts { from_name, from, to, mut rendered, attachments, unsubscribe_link, date } = parts;
    if let Some(link) = unsubscribe_link {
        show(link, &mut rendered);
    }
    let from = from.parse().map_err(|_| MessageError::Build(lettre::error::Error::MissingFrom))?;
    let to = to.parse().map_err(|_| MessageError::Recipient)?;
    // Without HTML it is an alternative of one, which every reader shows.
    let bodies = match rendered.html {
        Some(html) => MultiPart::alternative_plain_html(rendered.text, html),
        None => MultiPart::alternative().singlepart(SinglePart::plain(rendered.text)),
    };
    let body = if attachments.is_empty() {
        bodies
    } else {
        let mixed = MultiPart::mixed().multipart(bodies);
        attachments.into_iter().fold(mixed, |mixed, file| {
            let content_type = ContentType::parse(file.content_type).unwrap_or(ContentType::TEXT_PLAIN);
            mixed.singlepart(Part::new(file.filename).body(file.content, content_type))
        })
    };
    let mut message = Message::builder()
        .from(Mailbox::new(Some(from_name.to_owned()), from))
        .to(Mailbox::new(None, to))
        .subject(rendered.subject.unwrap_or_default())
        .date(SystemTime::from(date))
        // RFC 3834, section 5: an absence note shall not answer.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    if let Some(link) = unsubscribe_link {
        // RFC 8058, section 3.1.
        let header = |name, value| HeaderValue::new(HeaderName::new_from_ascii_str(name), value);
        message = message
            .raw_header(header("List-Unsubscribe", format!("<{link}>")))
            .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    Ok(message.multipart(body).map_err(MessageError::Build)?.formatted())
}

/// The way out of marketing mail, where the text does not have it: many mail programs do not show the one of the header.
fn show(unsubscribe_link: &str, rendered: &mut Rendered) {
    // By its token: HTML may have the rest in another form.
    let token = unsubscribe_link.rsplit('=').next().unwrap_or(unsubscribe_link);
    if !rendered.text.contains(token) {
        rendered.text = format!("{}\n\n{unsubscribe_link}\n", rendered.text.trim_end());
    }
    if let Some(html) = &mut rendered.html
        && !html.contains(token)
    {
        let line = format!("<p><a href=\"{unsubscribe_link}\">{unsubscribe_link}</a></p>\n");
        let end = html.rfind("</body>").unwrap_or(html.len());
        html.insert_str(end, &line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders as _};

    fn parts(subject: &str, to: &'static str) -> Parts<'static> {
        let rendered = Rendered {
            subject: Some(subject.to_owned()),
            text: "Hello\n".to_owned(),
            html: Some("<p>Hello</p>".to_owned()),
        };
        Parts {
            from_name: "Cartwright, \"Ltd\"",
            from: "shop@cartwright.example",
            to,
            rendered,
            attachments: Vec::new(),
            unsubscribe_link: None,
            date: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_file_arrives_byte_for_byte_beside_both_bodies() {
        let content: Vec<u8> = (0..=255).cycle().take(5_000).collect();
        let file = Attachment {
            filename: "C-2026-000001.pdf".to_owned(),
            content_type: "application/pdf",
            content: content.clone(),
        };
        let mime = build(Parts { attachments: vec![file], ..parts("Grüße", "ada@example.com") }).unwrap();
        let message = MessageParser::default().parse(&mime).unwrap();
        let attachment = message.attachment(0).unwrap();
        assert_eq!(message.subject(), Some("Grüße"));
        assert_eq!(message.body_text(0).unwrap().trim(), "Hello");
        assert_eq!(message.body_html(0).unwrap().trim(), "<p>Hello</p>");
        assert_eq!(attachment.attachment_name(), Some("C-2026-000001.pdf"));
        assert_eq!(attachment.content_type().unwrap().subtype(), Some("pdf"));
        assert_eq!(attachment.contents(), content);
    }

    #[test]
    fn a_subject_with_line_breaks_adds_no_header() {
        let mime = build(parts("Hi\r\nBcc: eve@example.com\r\n\r\nbody", "ada@example.com")).unwrap();
        let message = MessageParser::default().parse(&mime).unwrap();
        assert!(message.bcc().is_none());
        assert_eq!(message.body_text(0).unwrap().trim(), "Hello");
    }

    #[test]
    fn only_a_mail_with_a_link_for_it_can_be_unsubscribed_from_by_one_click() {
        let link = "https://shop.example/notifications/unsubscribe?token=aB-_9.cD";
        let mime = build(Parts { unsubscribe_link: Some(link), ..parts("Hi", "ada@example.com") }).unwrap();
        let message = MessageParser::default().parse(&mime).unwrap();
        let raw = |name| message.header_raw(name).map(|text| text.split_whitespace().collect::<String>());
        assert_eq!(raw("List-Unsubscribe"), Some(format!("<{link}>")));
        assert_eq!(raw("List-Unsubscribe-Post").as_deref(), Some("List-Unsubscribe=One-Click"));
        let mime = build(parts("Hi", "ada@example.com")).unwrap();
        assert!(!String::from_utf8(mime).unwrap().contains("List-Unsubscribe"));
    }

    #[test]
    fn a_mail_without_html_is_plain_text() {
        let mut plain = parts("Hi", "ada@example.com");
        plain.rendered.html = None;
        let mime = build(plain).unwrap();
        let message = MessageParser::default().parse(&mime).unwrap();
        assert_eq!(message.body_text(0).unwrap().trim(), "Hello");
        assert!(!String::from_utf8(mime).unwrap().contains("text/html"));
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        for to in ["", "ada", "ada@example.com\r\nBcc: eve@example.com", "ada@example.com, eve@example.com"] {
            assert!(matches!(build(parts("Hi", to)), Err(MessageError::Recipient)), "{to}");
        }
    }
}
