//! What is searched for: words, and the beginning of one that is still being typed.

/// The parts of `q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    /// All of it.
    pub whole: String,
    /// What comes before the last word.
    pub head: String,
    /// The last word as a PostgreSQL `tsquery` that finds its beginnings; None when the text ends in something else.
    pub prefix: Option<String>,
}

impl SearchText {
    /// Splits `text`; None when there is no word in it.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let whole = text.trim();
        if !whole.chars().any(char::is_alphanumeric) {
            return None;
        }
        let at = whole.char_indices().rev().take_while(|(_, c)| c.is_alphanumeric()).last().map(|(at, _)| at);
        let (head, last) = at.map_or((whole, ""), |at| whole.split_at(at));
        // Letters and digits only, so nothing needs escaping within the quotes.
        let prefix = (!last.is_empty()).then(|| format!("'{}':*", last.to_lowercase()));
        Some(Self { whole: whole.to_owned(), head: head.to_owned(), prefix })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_a_beginning() {
        let text = SearchText::new(" Warm woollen So ").unwrap();
        assert_eq!((text.head.as_str(), text.prefix.as_deref()), ("Warm woollen ", Some("'so':*")));
        let one = SearchText::new("Straße").unwrap();
        assert_eq!((one.head.as_str(), one.prefix.as_deref()), ("", Some("'straße':*")));
    }

    #[test]
    fn punctuation_never_reaches_the_query_language() {
        assert_eq!(SearchText::new(" '&|!:*() "), None);
        assert_eq!(SearchText::new("a ':* | !b'").unwrap().prefix, None);
        assert_eq!(SearchText::new("rock'n'roll").unwrap().prefix.as_deref(), Some("'roll':*"));
    }
}
