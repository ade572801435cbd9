//! Passwords: 8 to 128 code points after NFC, and none that everybody tries first (NIST SP 800-63B, section 3.1.1.2).

use std::collections::HashSet;
use std::sync::LazyLock;

use thiserror::Error;
use unicode_normalization::UnicodeNormalization as _;

/// Code points.
pub const LEAST: usize = 8;
/// Code points.
pub const MOST: usize = 128;

/// One a line, lower case; lines with `#` are comments.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let list = include_str!("../../assets/common-passwords.txt");
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
});

/// A password in NFC, so that it is the same from every keyboard. Never printed.
#[derive(Clone)]
pub struct Password(String);

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// Fewer than [`LEAST`].
    #[error("the password is too short")]
    TooShort,
    /// More than [`MOST`].
    #[error("the password is too long")]
    TooLong,
    /// On the list.
    #[error("the password is too common")]
    TooCommon,
}

impl Password {
    /// A new password, held to the rules.
    ///
    /// # Errors
    /// See [`PasswordError`].
    pub fn choose(text: &str) -> Result<Self, PasswordError> {
        let password = Self::from_login(text)?;
        if password.0.chars().count() < LEAST {
            return Err(PasswordError::TooShort);
        }
        if COMMON.contains(password.0.to_lowercase().as_str()) {
            return Err(PasswordError::TooCommon);
        }
        Ok(password)
    }

    /// A password to be compared with the stored one. The rules of its day may have been others; only the length is
    /// bounded, because what is hashed costs time.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`].
    pub fn from_login(text: &str) -> Result<Self, PasswordError> {
        // One more than allowed is enough to know; a megabyte is not normalised.
        let normalised: String = text.nfc().take(MOST + 1).collect();
        if normalised.chars().count() > MOST {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(normalised))
    }

    /// For the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> Option<PasswordError> {
        Password::choose(text).err()
    }

    #[test]
    fn length_is_counted_in_code_points_after_nfc() {
        assert_eq!(refused("aaaaaa7"), Some(PasswordError::TooShort));
        assert_eq!(refused(&"ü".repeat(128)), None);
        assert_eq!(refused(&"u\u{308}".repeat(128)), None);
        assert_eq!(refused(&"ü".repeat(129)), Some(PasswordError::TooLong));
        assert_eq!(refused(&"u\u{308}".repeat(7)), Some(PasswordError::TooShort));
    }

    #[test]
    fn composed_and_decomposed_are_the_same_password() {
        let bytes = |text| Password::choose(text).unwrap().as_bytes().to_vec();
        assert_eq!(bytes("gru\u{308}n-gru\u{308}n-7"), bytes("grün-grün-7"));
    }

    #[test]
    fn common_passwords_are_refused_however_they_are_capitalised() {
        for text in ["password", "Password1", "12345678", "QWERTYUIOP", "iloveyou"] {
            assert_eq!(refused(text), Some(PasswordError::TooCommon), "{text}");
        }
        assert_eq!(refused("a plain sentence of mine"), None);
    }

    #[test]
    fn the_list_is_clean() {
        let list = include_str!("../../assets/common-passwords.txt");
        let words: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(words.len(), COMMON.len(), "a word is there twice, or a line is empty");
        for word in words {
            assert_eq!(word, word.to_lowercase());
            assert!(word.chars().count() >= LEAST, "{word} is refused for its length already");
        }
    }
}
