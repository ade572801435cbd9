//! What is searched for: words, and the beginning of one that is still being typed.

/// The parts of `q`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText {
    /// All of it.
    pub whole: String,
    /// What comes before the last word.
    pub head: String,
    /// The last word, letters and digits in lower case; None when the text ends in something else.
    pub last: Option<String>,
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
        let last = (!last.is_empty()).then(|| last.to_lowercase());
        Some(Self { whole: whole.to_owned(), head: head.to_owned(), last })
    }

    /// Whether there is a word before the last.
    #[must_use]
    pub fn has_head(&self) -> bool {
        self.head.chars().any(char::is_alphanumeric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_is_a_beginning() {
        let text = SearchText::new(" Warm woollen So ").unwrap();
        assert_eq!((text.head.as_str(), text.last.as_deref()), ("Warm woollen ", Some("so")));
        let one = SearchText::new("Straße").unwrap();
        assert_eq!((one.head.as_str(), one.last.as_deref()), ("", Some("straße")));
    }

    #[test]
    fn punctuation_is_no_part_of_a_word() {
        assert_eq!(SearchText::new(" '&|!:*() "), None);
        assert_eq!(SearchText::new("a ':* | !b'").unwrap().last, None);
        assert_eq!(SearchText::new("rock'n'roll").unwrap().last.as_deref(), Some("roll"));
    }
}
