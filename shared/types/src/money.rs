//! Money as integer minor units. There is no float anywhere near it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;
use utoipa::ToSchema;

/// What can go wrong with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Two amounts of different currencies met.
    #[error("amounts in {0} and {1} cannot be combined")]
    CurrencyMismatch(Currency, Currency),
    /// The result is beyond what 64 bits hold.
    #[error("the amount is out of range")]
    Overflow,
    /// Not a currency this shop knows.
    #[error("not an ISO 4217 currency code")]
    UnknownCurrency,
}

/// An ISO 4217 currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: [u8; 3],
    exponent: u8,
}

/// Active ISO 4217 codes whose exponent is 2.
const TWO_DECIMALS: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF \
    IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN \
    MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
    SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW";
/// Those without minor units.
const NO_DECIMALS: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Those with thousandths.
const THREE_DECIMALS: &str = "BHD IQD JOD KWD LYD OMR TND";

impl Currency {
    /// The code of every currency there is.
    pub fn codes() -> impl Iterator<Item = &'static str> {
        [TWO_DECIMALS, NO_DECIMALS, THREE_DECIMALS].into_iter().flat_map(str::split_ascii_whitespace)
    }

    /// The euro, the default of `SHOP_CURRENCY`.
    pub const EUR: Self = Self { code: *b"EUR", exponent: 2 };

    /// The code, three capital letters.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or("XXX")
    }

    /// How many decimals the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub const fn exponent(&self) -> u8 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| MoneyError::UnknownCurrency)?;
        let listed = |list: &str| list.split_ascii_whitespace().any(|known| known == text);
        let exponent = if listed(TWO_DECIMALS) {
            2
        } else if listed(NO_DECIMALS) {
            0
        } else if listed(THREE_DECIMALS) {
            3
        } else {
            return Err(MoneyError::UnknownCurrency);
        };
        Ok(Self { code, exponent })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An amount in minor units of one currency: `{"amount": 1999, "currency": "EUR"}` is 19.99 euros.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[schema(examples(json!({ "amount": 1999, "currency": "EUR" })))]
pub struct Money {
    /// Minor units; negative only where a document says so (a discount, a refund).
    pub amount: i64,
    /// The currency, an ISO 4217 code.
    #[schema(value_type = String, pattern = "^[A-Z]{3}$")]
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    #[must_use]
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { amount: 0, currency }
    }

    /// The sum.
    ///
    /// # Errors
    /// Different currencies, or an overflow.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// The difference.
    ///
    /// # Errors
    /// Different currencies, or an overflow.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let amount = self.amount.checked_sub(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    /// `quantity` times this.
    ///
    /// # Errors
    /// An overflow.
    pub fn checked_mul(self, quantity: i64) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(quantity).ok_or(MoneyError::Overflow)?;
        Ok(Self { amount, ..self })
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    /// `19.99 EUR`, `500 JPY`: for logs and the command line, not for a buyer's eyes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scale = 10_u64.pow(u32::from(self.currency.exponent));
        let (whole, part) = (self.amount.unsigned_abs() / scale, self.amount.unsigned_abs() % scale);
        let sign = if self.amount < 0 { "-" } else { "" };
        match usize::from(self.currency.exponent) {
            0 => write!(f, "{sign}{whole} {}", self.currency),
            width => write!(f, "{sign}{whole}.{part:0width$} {}", self.currency),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_with_the_decimals_of_their_currency() {
        let print = |amount, code: &str| Money::new(amount, code.parse().unwrap()).to_string();
        assert_eq!(print(1999, "EUR"), "19.99 EUR");
        assert_eq!(print(-5, "EUR"), "-0.05 EUR");
        assert_eq!(print(500, "JPY"), "500 JPY");
        assert_eq!(print(1234, "KWD"), "1.234 KWD");
    }

    #[test]
    fn overflow_and_mixed_currencies_are_errors() {
        let huge = Money::new(i64::MAX, Currency::EUR);
        assert_eq!(huge.checked_add(Money::new(1, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(huge.checked_mul(2), Err(MoneyError::Overflow));
        let yen: Currency = "JPY".parse().unwrap();
        assert!(matches!(
            Money::zero(yen).checked_add(Money::zero(Currency::EUR)),
            Err(MoneyError::CurrencyMismatch(..))
        ));
    }

    #[test]
    fn only_listed_codes_are_currencies() {
        for text in ["", "eur", "EURO", "XXX", "€", "DE"] {
            assert_eq!(text.parse::<Currency>(), Err(MoneyError::UnknownCurrency), "{text}");
        }
    }
}
