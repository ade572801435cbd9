//! The link that ends marketing mail: whoever has it can do that and nothing else. It does not end, as mails are kept for years.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cartwright_types::UserId;
use uuid::Uuid;

/// So that the key's signatures of other things, if there ever are any, are none of these.
const PURPOSE: &[u8] = b"unsubscribe:";

/// Makes and reads the tokens of these links.
#[derive(Clone)]
pub struct UnsubscribeTokens(Key);

impl std::fmt::Debug for UnsubscribeTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnsubscribeTokens")
    }
}

impl UnsubscribeTokens {
    /// With a key of 32 bytes, in base64url. None: it is none.
    #[must_use]
    pub fn from_base64url(key: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(key).ok().filter(|bytes| bytes.len() == 32)?;
        Some(Self(Key::new(HMAC_SHA256, &bytes)))
    }

    /// The token of a user: their id and its signature.
    #[must_use]
    pub fn of(&self, user: UserId) -> String {
        let id = user.uuid();
        format!("{}.{}", URL_SAFE_NO_PAD.encode(id.as_bytes()), URL_SAFE_NO_PAD.encode(self.signature(id)))
    }

    /// Whose token it is; None: it is nobody's.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<UserId> {
        let (id, signature) = token.split_once('.')?;
        let id = Uuid::from_slice(&URL_SAFE_NO_PAD.decode(id).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        verify_slices_are_equal(&self.signature(id), &signature).ok()?;
        Some(UserId(id))
    }

    fn signature(&self, id: Uuid) -> Vec<u8> {
        let mut text = PURPOSE.to_vec();
        text.extend_from_slice(id.as_bytes());
        sign(&self.0, &text).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use cartwright_types::SystemClock;

    use super::*;

    fn tokens(byte: u8) -> UnsubscribeTokens {
        UnsubscribeTokens::from_base64url(&URL_SAFE_NO_PAD.encode([byte; 32])).unwrap()
    }

    #[test]
    fn a_token_is_its_users_and_any_change_of_it_nobodys() {
        let (ada, ben) = (UserId::new(&SystemClock), UserId::new(&SystemClock));
        let token = tokens(1).of(ada);
        assert_eq!(tokens(1).read(&token), Some(ada));
        assert_eq!(tokens(2).read(&token), None);
        let (_, signature) = token.split_once('.').unwrap();
        let of_ben = tokens(1).of(ben);
        let (ben_id, _) = of_ben.split_once('.').unwrap();
        for forged in [
            format!("{ben_id}.{signature}"),
            format!("{ben_id}."),
            ben_id.to_owned(),
            format!("{token}="),
            format!("{token}A"),
            token[..token.len() - 4].to_owned(),
            String::new(),
        ] {
            assert_eq!(tokens(1).read(&forged), None, "{forged}");
        }
    }

    #[test]
    fn a_key_that_is_too_short_is_none() {
        assert!(UnsubscribeTokens::from_base64url("c2hvcnQ").is_none());
    }
}
