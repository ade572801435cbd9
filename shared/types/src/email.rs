//! E-mail addresses: how they are written and how they are compared, in one place.

use unicode_normalization::UnicodeNormalization as _;

/// An address in the form mail is sent to, and in the form in which two addresses are the same.
///
/// Both forms are NFKC, so that a look-alike of full-width letters is never mailed as one address and compared as
/// another.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailAddress {
    written: String,
    normalised: String,
}

impl EmailAddress {
    /// From what somebody typed. Whether it can be an address is `cartwright_web::rules::email_address`'s to say.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let written: String = text.trim().nfkc().collect();
        let normalised = written.to_lowercase().nfkc().collect();
        Self { written, normalised }
    }

    /// With the capitals it was written with: for mail.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// For comparing: unique among users.
    #[must_use]
    pub fn normalised(&self) -> &str {
        &self.normalised
    }
}

impl std::fmt::Debug for EmailAddress {
    /// Without the address, which is personal data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmailAddress").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_spaces_and_look_alikes_do_not_make_another_address() {
        let plain = EmailAddress::new("ada@example.com");
        for text in [" Ada@Example.COM ", "ＡＤＡ@example.com", "ada@ｅxample.com"] {
            assert_eq!(EmailAddress::new(text).normalised(), plain.normalised(), "{text}");
        }
        assert_eq!(EmailAddress::new(" Ada@Example.com").written(), "Ada@Example.com");
        assert_ne!(EmailAddress::new("ada+shop@example.com").normalised(), plain.normalised());
    }

    #[test]
    fn normalising_twice_changes_nothing() {
        for text in ["İstanbul@example.com", "STRAẞE@example.com", "ǅ@example.com", "ﬁ@example.com"] {
            let once = EmailAddress::new(text);
            assert_eq!(EmailAddress::new(once.normalised()).normalised(), once.normalised(), "{text}");
        }
    }
}
