//! How money, rates and dates are written in the languages of the invoice.

use chrono::{Datelike, NaiveDate};

use super::document::InvoiceCurrency;

const MONTHS_EN: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const MONTHS_DE: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// The en dash: the typeface has no U+2212, and a hyphen is too short to be seen.
const MINUS: char = '\u{2013}';
const NO_BREAK_SPACE: char = '\u{a0}';

/// A language that invoices are printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    English,
    German,
}

impl Language {
    /// By the primary subtag of a BCP 47 tag; English when it is not German.
    pub(super) fn of(locale: &str) -> Self {
        let primary = locale.split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("de") { Self::German } else { Self::English }
    }

    /// The tag that names it in the PDF.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    const fn separators(self) -> (char, char) {
        match self {
            Self::English => (',', '.'),
            Self::German => ('.', ','),
        }
    }

    /// A count: `1,000` or `1.000`.
    pub(super) fn count(self, count: i64) -> String {
        self.decimal(count, 0)
    }

    /// An amount without its currency: `1,234.50` or `1.234,50`.
    pub(super) fn amount(self, minor_units: i64, currency: &InvoiceCurrency) -> String {
        self.decimal(minor_units, currency.exponent)
    }

    /// An amount with its currency: `€1,234.50`, `CHF 1,234.50` or `1.234,50 €`.
    pub(super) fn money(self, minor_units: i64, currency: &InvoiceCurrency) -> String {
        let number = self.decimal(minor_units, currency.exponent);
        match (self, symbol(&currency.code)) {
            (Self::English, Some(symbol)) => match number.strip_prefix(MINUS) {
                Some(digits) => format!("{MINUS}{symbol}{digits}"),
                None => format!("{symbol}{number}"),
            },
            (Self::English, None) => format!("{}{NO_BREAK_SPACE}{number}", currency.code),
            (Self::German, symbol) => format!("{number}{NO_BREAK_SPACE}{}", symbol.unwrap_or(&currency.code)),
        }
    }

    /// A rate in hundredths of a per cent without trailing zeros: `7.5%` or `7,5 %`.
    pub(super) fn rate(self, basis_points: u32) -> String {
        let (_, point) = self.separators();
        let mut text = self.decimal(i64::from(basis_points), 2);
        text.truncate(text.trim_end_matches('0').trim_end_matches(point).len());
        match self {
            Self::English => format!("{text}%"),
            Self::German => format!("{text}{NO_BREAK_SPACE}%"),
        }
    }

    /// A date that nobody reads the wrong way round: `4 March 2026` or `4. März 2026`.
    pub(super) fn date(self, date: NaiveDate) -> String {
        let (months, point) = match self {
            Self::English => (&MONTHS_EN, ""),
            Self::German => (&MONTHS_DE, "."),
        };
        let month = months.get(date.month0() as usize).copied().unwrap_or_default();
        format!("{}{point} {month} {}", date.day(), date.year())
    }

    /// `value` shifted by `exponent` digits, grouped by thousands. Works on the digits, so any exponent is fine.
    fn decimal(self, value: i64, exponent: u8) -> String {
        let (group, point) = self.separators();
        let exponent = usize::from(exponent);
        let digits = format!("{:0>width$}", value.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);

        let mut text = String::with_capacity(digits.len() * 4 / 3 + 3);
        if value < 0 {
            text.push(MINUS);
        }
        for (position, digit) in whole.chars().enumerate() {
            if position > 0 && (whole.len() - position).is_multiple_of(3) {
                text.push(group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(point);
            text.push_str(fraction);
        }
        text
    }
}

/// The sign of a currency, where it stands for that one alone.
fn symbol(code: &str) -> Option<&'static str> {
    match code {
        "EUR" => Some("€"),
        "USD" => Some("$"),
        "GBP" => Some("£"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str, exponent: u8) -> InvoiceCurrency {
        InvoiceCurrency { code: code.to_owned(), exponent }
    }

    #[test]
    fn money_is_grouped_and_signed_as_the_language_does() {
        let euro = currency("EUR", 2);
        assert_eq!(Language::English.money(123_456_789, &euro), "€1,234,567.89");
        assert_eq!(Language::German.money(123_456_789, &euro), "1.234.567,89\u{a0}€");
        assert_eq!(Language::English.money(-5, &euro), "\u{2013}€0.05");
        assert_eq!(Language::German.money(-5, &euro), "\u{2013}0,05\u{a0}€");
        assert_eq!(Language::English.money(100_000, &currency("CHF", 2)), "CHF\u{a0}1,000.00");
        assert_eq!(Language::English.amount(0, &euro), "0.00");
    }

    #[test]
    fn the_exponent_decides_the_fraction() {
        assert_eq!(Language::English.amount(1999, &currency("JPY", 0)), "1,999");
        assert_eq!(Language::German.amount(1999, &currency("KWD", 3)), "1,999");
        assert_eq!(Language::English.amount(7, &currency("XXX", 30)), format!("0.{}7", "0".repeat(29)));
    }

    #[test]
    fn extreme_amounts_are_written_exactly() {
        let euro = currency("EUR", 2);
        assert_eq!(Language::English.amount(i64::MIN, &euro), "\u{2013}92,233,720,368,547,758.08");
        assert_eq!(Language::English.amount(i64::MAX, &euro), "92,233,720,368,547,758.07");
    }

    #[test]
    fn rates_lose_their_trailing_zeros_only() {
        assert_eq!(Language::English.rate(1900), "19%");
        assert_eq!(Language::English.rate(750), "7.5%");
        assert_eq!(Language::German.rate(2125), "21,25\u{a0}%");
        assert_eq!(Language::English.rate(1000), "10%");
        assert_eq!(Language::English.rate(0), "0%");
    }

    #[test]
    fn dates_name_the_month() {
        let date = NaiveDate::from_ymd_opt(2026, 3, 4).unwrap();
        assert_eq!(Language::English.date(date), "4 March 2026");
        assert_eq!(Language::German.date(date), "4. März 2026");
    }

    #[test]
    fn the_language_comes_from_the_primary_subtag() {
        assert_eq!(Language::of("de"), Language::German);
        assert_eq!(Language::of("de-AT"), Language::German);
        assert_eq!(Language::of("DE_ch"), Language::German);
        assert_eq!(Language::of("den"), Language::English);
        assert_eq!(Language::of("fr-FR"), Language::English);
        assert_eq!(Language::of(""), Language::English);
    }
}
