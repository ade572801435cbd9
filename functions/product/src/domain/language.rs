//! The languages that words are searched in.

/// A language whose stems are known, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    English,
    German,
    French,
    Spanish,
    /// Whole words only.
    Other,
}

impl Language {
    /// The first language of an `Accept-Language`; English where nothing is asked for.
    #[must_use]
    pub fn accepted(header: Option<&str>) -> Self {
        let first = header.unwrap_or_default().split([',', ';']).next().unwrap_or_default();
        let primary = first.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
        match primary.as_str() {
            "" | "*" | "en" => Self::English,
            "de" => Self::German,
            "fr" => Self::French,
            "es" => Self::Spanish,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_counts_and_english_where_there_is_none() {
        for (header, expected) in [
            (None, Language::English),
            (Some(""), Language::English),
            (Some("*"), Language::English),
            (Some("de-AT,en;q=0.5"), Language::German),
            (Some("FR;q=0.9"), Language::French),
            (Some(" es , de"), Language::Spanish),
            (Some("ja"), Language::Other),
            (Some("\u{1f4a9}"), Language::Other),
        ] {
            assert_eq!(Language::accepted(header), expected, "{header:?}");
        }
    }
}
