//! What is done to the shop, how much of it and for how long.

use std::time::Duration;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many orders are to be placed; fewer if time runs out, more while a phase does what it has to.
    pub orders: u64,
    /// Decides who buys what, who is killed and when.
    pub seed: u64,
    /// How many people buy at the same time.
    pub buyers: u32,
    /// The most orders that are begun in a second: what the shop can also finish, mails and all.
    pub rate: u32,
    /// How many SIGKILLs at least.
    pub kills: u32,
    /// The longest pause between two troubles of one phase.
    pub lull: Duration,
    /// How long the AWS emulator is away.
    pub away: Duration,
    /// How long people may buy, all phases together, but for what a phase takes longer to do what it has to.
    pub time: Duration,
    /// How long the shop has to settle when the last of them has gone.
    pub settle: Duration,
}

impl Plan {
    /// As long as a person waits: eight minutes, with all that is around it.
    #[must_use]
    pub const fn full(orders: u64, seed: u64) -> Self {
        Self {
            orders,
            seed,
            buyers: 16,
            rate: 30,
            kills: 20,
            lull: Duration::from_secs(4),
            away: Duration::from_secs(10),
            time: Duration::from_secs(395),
            settle: Duration::from_mins(1),
        }
    }

    /// As long as a test may take: everything once.
    #[must_use]
    pub const fn short(seed: u64) -> Self {
        Self {
            orders: 150,
            seed,
            buyers: 6,
            rate: 30,
            kills: 4,
            lull: Duration::from_millis(1500),
            away: Duration::from_secs(3),
            time: Duration::from_secs(30),
            settle: Duration::from_mins(1),
        }
    }
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing but what goes wrong always: one request in ten is sent twice.
    Nothing,
    /// A service is killed every few seconds.
    Kills,
    /// PostgreSQL is killed twice, and in between the AWS emulator is away.
    Outages,
    /// Of the answers that the order service gives, and of those that it gets from Stripe and the product service, every
    /// second one is lost: what was asked for is done, and who asked does not hear of it.
    LostAnswers,
    /// Stripe tells everything twice, late and in any order.
    WildWebhooks,
    /// The payment providers tell nobody of anything; only asking them helps.
    NoWebhooks,
}

/// A part of a run.
#[derive(Debug, Clone, Copy)]
pub struct Phase {
    /// What goes wrong.
    pub trouble: Trouble,
    /// For people.
    pub name: &'static str,
    /// How many in a hundred of the orders are placed in it.
    pub orders: u64,
    /// How much of a hundred of the time it may take to place them.
    pub time: u32,
}

/// The parts of a run, the worst not last: the shop has little time to settle.
pub const PHASES: [Phase; 6] = [
    Phase { trouble: Trouble::Nothing, name: "requests sent twice", orders: 30, time: 22 },
    Phase { trouble: Trouble::Kills, name: "services killed", orders: 20, time: 26 },
    Phase { trouble: Trouble::Outages, name: "PostgreSQL killed, emulator away", orders: 15, time: 22 },
    Phase { trouble: Trouble::LostAnswers, name: "every second answer lost", orders: 15, time: 16 },
    Phase { trouble: Trouble::WildWebhooks, name: "webhooks doubled, late, shuffled", orders: 10, time: 7 },
    Phase { trouble: Trouble::NoWebhooks, name: "no webhooks", orders: 10, time: 7 },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phases_share_all_orders_and_all_time() {
        assert_eq!(PHASES.iter().map(|phase| phase.orders).sum::<u64>(), 100);
        assert_eq!(PHASES.iter().map(|phase| phase.time).sum::<u32>(), 100);
    }
}
