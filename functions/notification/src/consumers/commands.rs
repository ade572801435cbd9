//! The queue `notification-commands`: mails that hold a token.

use std::sync::Arc;

use async_trait::async_trait;
use cartwright_contracts::commands::{SendMail, TokenMail};
use cartwright_messaging::{HandlerError, Message, MessageHandler};
use thiserror::Error;

use super::Patience;
use crate::domain::{Notice, Template};
use crate::usecases::Delivery;

/// Sends what it is told to.
pub struct MailCommands {
    delivery: Arc<Delivery>,
    patience: Patience,
}

/// A command that cannot be carried out. What is wrong with it is not repeated: it may hold a token.
#[derive(Debug, Error)]
enum CommandError {
    #[error("the message is not a SendMail command (line {line}, column {column})")]
    Malformed { line: usize, column: usize },
    #[error("the command's token cannot stand in a link")]
    Token,
}

impl MailCommands {
    /// A handler that delivers by this.
    #[must_use]
    pub const fn new(delivery: Arc<Delivery>, patience: Patience) -> Self {
        Self { delivery, patience }
    }
}

#[async_trait]
impl MessageHandler for MailCommands {
    async fn handle(&self, message: &Message) -> Result<(), HandlerError> {
        let command: SendMail = serde_json::from_str(&message.body).map_err(|error| {
            HandlerError::rejected(CommandError::Malformed { line: error.line(), column: error.column() })
        })?;
        let notice = notice(command, &self.delivery.shop.public_url).map_err(HandlerError::rejected)?;
        let delivered = Box::pin(self.delivery.deliver(&notice, self.patience.tries(message))).await;
        delivered.map(drop).map_err(|error| self.patience.later(error, message))
    }
}

fn notice(command: SendMail, public_url: &str) -> Result<Notice, CommandError> {
    let SendMail { id, user_id, mail, .. } = command;
    let linked = |template, path: &str, token: &str| {
        let link = link(public_url, path, token)?;
        Ok(Notice::new(id, user_id, template).with("link", link))
    };
    let notice = match mail {
        TokenMail::EmailVerification { token } => {
            linked(Template::EmailVerification, "/auth/email/verify", &token)?
        }
        TokenMail::EmailChange { token } => {
            let notice = linked(Template::EmailChange, "/auth/email/verify", &token)?;
            notice.to_pending_address()
        }
        TokenMail::EmailChangeRequested {} => Notice::new(id, user_id, Template::EmailChangeRequested),
        TokenMail::Invitation { token } => linked(Template::Invitation, "/auth/password/reset", &token)?,
        TokenMail::PasswordReset { token } => {
            linked(Template::PasswordReset, "/auth/password/reset", &token)?
        }
        TokenMail::AccountExists {} => Notice::new(id, user_id, Template::AccountExists),
    };
    Ok(notice.secret())
}

/// Tokens are base64url; anything else would need an encoding that a reader who copies the link might lose.
fn link(public_url: &str, path: &str, token: &str) -> Result<String, CommandError> {
    let fits = !token.is_empty()
        && token.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if fits { Ok(format!("{public_url}{path}?token={token}")) } else { Err(CommandError::Token) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_is_under_the_shops_public_address_and_holds_the_token() {
        let link = link("https://shop.example", "/auth/email/verify", "aB-_9").unwrap();
        assert_eq!(link, "https://shop.example/auth/email/verify?token=aB-_9");
    }

    #[test]
    fn a_token_that_would_change_the_link_is_refused() {
        for token in ["", "a&b=c", "a b", "a#b", "a\r\nb", "é"] {
            assert!(link("https://shop.example", "/x", token).is_err(), "{token}");
        }
    }
}
