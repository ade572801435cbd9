//! What templates can do with a value. Numbers and dates are written as in the template's `language`.

use cartwright_types::Money;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use minijinja::State;
use minijinja::value::Serde;

use super::language::Language;

/// `€1,234.56`, `1.234,56 €`; the code in the place of a symbol that is not known everywhere. The space does not break.
pub(super) fn money(state: &State<'_, '_>, Serde(money): Serde<Money>) -> String {
    print_money(language(state), money)
}

/// `2 November 2026, 12:15 UTC`
pub(super) fn moment(state: &State<'_, '_>, Serde(at): Serde<DateTime<Utc>>) -> String {
    print_moment(language(state), at)
}

fn language(state: &State<'_, '_>) -> Language {
    Language::of(state.lookup("language").as_ref().and_then(|value| value.as_str()).unwrap_or_default())
}

fn print_money(language: Language, money: Money) -> String {
    let scale = 10_u64.pow(u32::from(money.currency.exponent()));
    let (whole, part) = (money.amount.unsigned_abs() / scale, money.amount.unsigned_abs() % scale);
    let sign = if money.amount < 0 { "-" } else { "" };
    let (thousands, decimal) = language.separators();
    let whole = grouped(whole, thousands);
    let number = match usize::from(money.currency.exponent()) {
        0 => whole,
        width => format!("{whole}{decimal}{part:0width$}"),
    };
    let code = money.currency.code();
    let symbol = match code {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        "JPY" => "¥",
        code => code,
    };
    if !language.symbol_first() {
        return format!("{sign}{number}\u{a0}{symbol}");
    }
    let space = if symbol == code { "\u{a0}" } else { "" };
    format!("{sign}{symbol}{space}{number}")
}

fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn print_moment(language: Language, at: DateTime<Utc>) -> String {
    let (day, month, year) = (at.day(), language.month(at.month()), at.year());
    let time = format!("{:02}:{:02}", at.hour(), at.minute());
    match language {
        Language::English => format!("{day} {month} {year}, {time} UTC"),
        Language::German => format!("{day}. {month} {year}, {time} Uhr (UTC)"),
        Language::Spanish => format!("{day} de {month} de {year}, {time} (UTC)"),
    }
}

/// On one line, without control or direction-changing characters, at most 100 characters: what people typed cannot
/// start a line of its own in a mail.
pub(super) fn one_line(text: &str) -> String {
    bounded_line(text, 100)
}

/// The same with another length.
pub(super) fn bounded_line(text: &str, most: usize) -> String {
    let is_format = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let spaced: String = text.chars().map(|c| if c.is_control() || is_format(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(most).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_people_write_it() {
        let print =
            |language, amount, code: &str| print_money(language, Money::new(amount, code.parse().unwrap()));
        let english = |amount, code| print(Language::English, amount, code);
        assert_eq!(english(1_999, "EUR"), "€19.99");
        assert_eq!(english(123_456_789, "USD"), "$1,234,567.89");
        assert_eq!(english(-5, "GBP"), "-£0.05");
        assert_eq!(english(1_500, "JPY"), "¥1,500");
        assert_eq!(english(1_234, "KWD"), "KWD\u{a0}1.234");
        assert_eq!(print(Language::German, 123_456_789, "EUR"), "1.234.567,89\u{a0}€");
        assert_eq!(print(Language::Spanish, -1_234, "KWD"), "-1,234\u{a0}KWD");
    }

    #[test]
    fn a_time_reads_as_people_write_it() {
        let at = "2026-03-02T09:05:00Z".parse().unwrap();
        assert_eq!(print_moment(Language::of("en-GB"), at), "2 March 2026, 09:05 UTC");
        assert_eq!(print_moment(Language::of("de-AT"), at), "2. März 2026, 09:05 Uhr (UTC)");
        assert_eq!(print_moment(Language::of("es"), at), "2 de marzo de 2026, 09:05 (UTC)");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(
            one_line(" Ada\r\nBcc: eve@example.com\u{2028}x\u{202e}y "),
            "Ada Bcc: eve@example.com x y"
        );
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), 100);
    }
}
