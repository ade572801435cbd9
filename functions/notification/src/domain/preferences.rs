//! What somebody wants to hear about, and how.

use super::{Category, Channel};

/// The ways of one category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ways {
    /// By mail.
    pub email: bool,
    /// By text message.
    pub sms: bool,
    /// On their devices.
    pub push: bool,
}

impl Ways {
    /// Whether this way is wanted.
    #[must_use]
    pub const fn by(self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.email,
            Channel::Sms => self.sms,
            Channel::Push => self.push,
        }
    }

    /// One way said anew.
    #[must_use]
    pub const fn with(mut self, channel: Channel, wanted: bool) -> Self {
        match channel {
            Channel::Email => self.email = wanted,
            Channel::Sms => self.sms = wanted,
            Channel::Push => self.push = wanted,
        }
        self
    }
}

/// What somebody wants, category by category.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preferences {
    /// Orders and what becomes of them.
    pub orders: Ways,
    /// The account.
    pub account: Ways,
    /// What is to sell; needs the account's consent beside.
    pub marketing: Ways,
}

impl Preferences {
    /// Of somebody who has said nothing, beside whether they agree to marketing.
    #[must_use]
    pub const fn standard(consent: bool) -> Self {
        let usual = Ways { email: true, sms: false, push: true };
        Self { orders: usual, account: usual, marketing: Ways { email: consent, sms: false, push: false } }
    }

    /// The ways of a category; None: it is not for them to choose.
    #[must_use]
    pub const fn of(&self, category: Category) -> Option<Ways> {
        match category {
            Category::Orders => Some(self.orders),
            Category::Account => Some(self.account),
            Category::Marketing => Some(self.marketing),
            Category::Security | Category::Operations => None,
        }
    }

    /// The same, to be changed.
    pub const fn of_mut(&mut self, category: Category) -> Option<&mut Ways> {
        match category {
            Category::Orders => Some(&mut self.orders),
            Category::Account => Some(&mut self.account),
            Category::Marketing => Some(&mut self.marketing),
            Category::Security | Category::Operations => None,
        }
    }

    /// All of it in nine bits.
    #[must_use]
    pub fn bits(&self) -> u16 {
        let ways = [self.orders, self.account, self.marketing];
        let wishes = ways.iter().flat_map(|ways| [ways.email, ways.sms, ways.push]);
        wishes.fold(0, |bits, wish| bits << 1 | u16::from(wish))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_who_has_not_agreed_hears_what_is_to_sell() {
        let said_nothing = Preferences::standard(false);
        assert!(Channel::ALL.iter().all(|channel| !said_nothing.marketing.by(*channel)));
        assert!(said_nothing.orders.email && !said_nothing.orders.sms);
        assert!(Preferences::standard(true).marketing.email);
    }

    #[test]
    fn security_is_not_for_anybody_to_choose() {
        assert_eq!(Preferences::standard(true).of(Category::Security), None);
    }

    #[test]
    fn each_wish_has_a_bit_of_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for category in Category::CHOSEN {
            for channel in Channel::ALL {
                let mut preferences = Preferences::standard(false);
                let ways = preferences.of_mut(category).unwrap();
                *ways = ways.with(channel, !ways.by(channel));
                seen.insert(preferences.bits());
            }
        }
        assert_eq!(seen.len(), 9);
    }
}
