//! The languages that the built-in texts are in, and how each writes numbers and dates.

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
    Spanish,
}

const MONTHS: [[&str; 3]; 12] = [
    ["January", "Januar", "enero"],
    ["February", "Februar", "febrero"],
    ["March", "März", "marzo"],
    ["April", "April", "abril"],
    ["May", "Mai", "mayo"],
    ["June", "Juni", "junio"],
    ["July", "Juli", "julio"],
    ["August", "August", "agosto"],
    ["September", "September", "septiembre"],
    ["October", "Oktober", "octubre"],
    ["November", "November", "noviembre"],
    ["December", "Dezember", "diciembre"],
];

impl Language {
    /// Of a locale such as `de-AT`; English where nothing else is known.
    pub(super) fn of(locale: &str) -> Self {
        match locale.split('-').next().unwrap_or_default() {
            "de" => Self::German,
            "es" => Self::Spanish,
            _ => Self::English,
        }
    }

    /// Between thousands, and before the part of a whole.
    pub(super) const fn separators(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            Self::German | Self::Spanish => ('.', ','),
        }
    }

    /// Whether a currency's symbol stands before the number.
    pub(super) const fn symbol_first(self) -> bool {
        matches!(self, Self::English)
    }

    /// A month, from 1 to 12.
    pub(super) fn month(self, number: u32) -> &'static str {
        let at = match self {
            Self::English => 0,
            Self::German => 1,
            Self::Spanish => 2,
        };
        let names = usize::try_from(number).ok().and_then(|number| MONTHS.get(number.checked_sub(1)?));
        names.map_or("", |names| names[at])
    }
}
