//! Where attachments may lie. A key is taken as it is and never joined with anything.

/// A place in one of the shop's buckets whose files may go with a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Invoices and credit notes: `2026/R-2026-000001.pdf` in the bucket `invoices`.
    Invoices,
    /// What the shop lays down to be sent: `attachments/…` in the bucket `attachments`.
    Attachments,
}

impl Shelf {
    /// The shelf that a key is on; None: files there are nobody's to send.
    #[must_use]
    pub fn of(s3_key: &str) -> Option<Self> {
        let fits = s3_key.len() <= 512
            && s3_key.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
            && !s3_key.chars().any(|c| c.is_control() || c == '\\');
        let (first, _) = s3_key.split_once('/').filter(|_| fits)?;
        let is_year = first.len() == 4 && first.bytes().all(|b| b.is_ascii_digit());
        match first {
            "attachments" => Some(Self::Attachments),
            _ if is_year => Some(Self::Invoices),
            _ => None,
        }
    }

    /// The logical name of the bucket.
    #[must_use]
    pub const fn bucket(self) -> &'static str {
        match self {
            Self::Invoices => "invoices",
            Self::Attachments => "attachments",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_names_its_shelf_and_nothing_else_is_to_be_had() {
        assert_eq!(Shelf::of("2026/R-2026-000001.pdf"), Some(Shelf::Invoices));
        assert_eq!(Shelf::of("attachments/terms/2026.pdf"), Some(Shelf::Attachments));
        for key in [
            "",
            "R-2026-000001.pdf",
            "images/1.png",
            "attachments",
            "attachments/",
            "attachments//x",
            "attachments/../images/1.png",
            "2026/./x",
            "/2026/x",
            "20266/x",
            "attachments/a\nb",
            "attachments\\x",
        ] {
            assert_eq!(Shelf::of(key), None, "{key}");
        }
    }
}
