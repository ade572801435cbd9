//! What templates can do with a value.

use cartwright_types::Money;
use chrono::{DateTime, Utc};
use minijinja::value::Serde;

/// `€1,234.56`; the code in the place of a symbol that is not known everywhere. The space does not break.
pub(super) fn money(Serde(money): Serde<Money>) -> String {
    let scale = 10_u64.pow(u32::from(money.currency.exponent()));
    let (whole, part) = (money.amount.unsigned_abs() / scale, money.amount.unsigned_abs() % scale);
    let sign = if money.amount < 0 { "-" } else { "" };
    let symbol = match money.currency.code() {
        "EUR" => "€".to_owned(),
        "GBP" => "£".to_owned(),
        "USD" => "$".to_owned(),
        "JPY" => "¥".to_owned(),
        code => format!("{code}\u{a0}"),
    };
    let whole = grouped(whole);
    match usize::from(money.currency.exponent()) {
        0 => format!("{sign}{symbol}{whole}"),
        width => format!("{sign}{symbol}{whole}.{part:0width$}"),
    }
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `2 November 2026, 12:15 UTC`
pub(super) fn moment(Serde(at): Serde<DateTime<Utc>>) -> String {
    at.format("%-d %B %Y, %H:%M UTC").to_string()
}

/// On one line, without control or direction-changing characters, at most 100 characters: what people typed cannot
/// start a line of its own in a mail.
pub(super) fn one_line(text: &str) -> String {
    let is_format = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let spaced: String = text.chars().map(|c| if c.is_control() || is_format(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    words.join(" ").chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_as_people_write_it() {
        let print = |amount, code: &str| money(Serde(Money::new(amount, code.parse().unwrap())));
        assert_eq!(print(1_999, "EUR"), "€19.99");
        assert_eq!(print(123_456_789, "USD"), "$1,234,567.89");
        assert_eq!(print(-5, "GBP"), "-£0.05");
        assert_eq!(print(1_500, "JPY"), "¥1,500");
        assert_eq!(print(1_234, "KWD"), "KWD\u{a0}1.234");
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
