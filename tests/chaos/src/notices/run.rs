//! The run, and what is made of it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};

use super::post_office::Mood;
use super::rig::{Rig, Row};

/// What is done.
#[derive(Debug, Clone)]
pub struct NoticePlan {
    /// Notifications.
    pub count: usize,
    /// Decides when the worker is killed and how the mail server is.
    pub seed: u64,
    /// The folder of the programs.
    pub binaries: PathBuf,
    /// Where the worker's output goes.
    pub log: PathBuf,
    /// Seconds; see `RETRY_BASE_SECONDS`.
    pub retry_base: u32,
    /// Trouble ends when so few messages are left, and at the latest after this time.
    pub trouble: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct NoticeOutcome {
    /// Recipients who got their mail.
    pub reached: usize,
    /// Recipients who got none, and of whose message no place knows.
    pub lost: Vec<String>,
    /// Recipients who got more than one.
    pub doubled: usize,
    /// Of these, those of whose message an answer was lost: the worker was killed or the server said nothing.
    pub in_flight: usize,
    /// Of the others, what their rows say.
    pub unexplained: Vec<String>,
    /// Dead letters before the redrive, by the reasons in their rows.
    pub dead: BTreeMap<String, usize>,
    /// Rows of dead letters that give no reason.
    pub without_reason: usize,
    /// Dead letters moved back by the redrive.
    pub redriven: usize,
    /// Dead letters after it.
    pub left_dead: usize,
    /// Times the worker was killed.
    pub kills: usize,
    /// Mails that the server refused, and those it took without a word.
    pub misbehaved: (usize, usize),
    /// How long all of it took.
    pub took: Duration,
}

impl NoticeOutcome {
    /// Whether all is as it must be.
    #[must_use]
    pub fn is_fine(&self, count: usize) -> bool {
        self.lost.is_empty()
            && self.reached == count
            && self.doubled == self.in_flight
            && self.without_reason == 0
            && self.left_dead == 0
    }
}

/// Lets the worker send while everything fails, brings back what was given up, and counts.
///
/// # Errors
/// The emulator does not answer, or the worker does not start.
pub async fn run_notices(endpoint: &str, plan: &NoticePlan, say: impl Fn(String)) -> Result<NoticeOutcome> {
    let started = Instant::now();
    let mut rig = Rig::new(endpoint, &plan.binaries, plan.log.clone(), plan.retry_base).await?;
    let addresses = rig.queue_events(plan.count).await?;
    say(format!("{} events are queued after {:.0} s", plan.count, started.elapsed().as_secs_f64()));
    let kills = trouble(&mut rig, plan, &say).await?;
    rig.office.be(Mood::Well);
    rig.kill();
    rig.start()?;
    settle(&rig, &say).await?;

    let taken = rig.office.taken();
    let rows: HashMap<String, Row> =
        rig.rows().await?.into_iter().map(|row| (row.address.clone(), row)).collect();
    let mut outcome =
        NoticeOutcome { kills, misbehaved: rig.office.misbehaved(), ..NoticeOutcome::default() };
    let dead = rig.letters.count().await?;
    for address in addresses.iter().filter(|address| !taken.contains_key(*address)) {
        let Some(row) = rows.get(address) else { continue };
        if row.reasons.is_empty() {
            outcome.without_reason += 1;
        }
        let reasons: Vec<&str> = row.reasons.iter().map(String::as_str).collect();
        *outcome.dead.entry(format!("{}: {}", row.status, reasons.join(", "))).or_default() += 1;
    }
    say(format!("{dead} dead letters: {:?}", outcome.dead));
    let redriven = rig.letters.redrive(milliseconds()).await?;
    outcome.redriven = redriven.moved;
    say(format!("{} were brought back", redriven.moved));
    settle(&rig, &say).await?;

    let taken = rig.office.taken();
    let rows = rig.rows().await?;
    let rows: HashMap<&str, &Row> = rows.iter().map(|row| (row.address.as_str(), row)).collect();
    for address in addresses {
        match taken.get(&address).copied().unwrap_or(0) {
            0 => outcome.lost.push(address),
            1 => outcome.reached += 1,
            _ => {
                outcome.reached += 1;
                outcome.doubled += 1;
                match rows.get(address.as_str()) {
                    Some(row) if row.outcomes.contains("unknown") => outcome.in_flight += 1,
                    row => outcome.unexplained.push(format!("{address}: {row:?}")),
                }
            }
        }
    }
    outcome.left_dead = rig.letters.count().await?;
    outcome.took = started.elapsed();
    Ok(outcome)
}

/// Kills and moods until little is left to send.
async fn trouble(rig: &mut Rig, plan: &NoticePlan, say: &impl Fn(String)) -> Result<usize> {
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let (mut kills, started) = (0, Instant::now());
    let (mut next_kill, mut next_mood, mut next_word) = (started, started, started);
    let moods = [Mood::Flaky, Mood::Hangs, Mood::Flaky, Mood::Away];
    let mut mood = moods.iter().cycle();
    rig.start()?;
    while started.elapsed() < plan.trouble && rig.office.count() < plan.count * 98 / 100 {
        let now = Instant::now();
        if now >= next_mood {
            let mood = mood.next().copied().unwrap_or(Mood::Flaky);
            rig.office.be(mood);
            let seconds =
                if mood == Mood::Flaky { dice.random_range(10..20) } else { dice.random_range(3..6) };
            next_mood = now + Duration::from_secs(seconds);
        }
        if now >= next_kill {
            if next_kill > started {
                rig.kill();
                rig.start()?;
                kills += 1;
            }
            next_kill = now + Duration::from_millis(dice.random_range(2_000..7_000));
        }
        if now >= next_word {
            say(format!("{} taken, {} queued, {kills} kills", rig.office.count(), rig.queued().await?));
            next_word = now + Duration::from_secs(15);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(kills)
}

/// Waits until nothing is in the queue any more.
async fn settle(rig: &Rig, say: &impl Fn(String)) -> Result<()> {
    let started = Instant::now();
    let mut empty = 0;
    let mut told = started;
    while empty < 3 {
        anyhow::ensure!(
            started.elapsed() < Duration::from_mins(20),
            "the queue is not empty after 20 minutes"
        );
        let queued = rig.queued().await?;
        // The figures are approximate: several times in a row.
        empty = if queued == 0 { empty + 1 } else { 0 };
        if told.elapsed() > Duration::from_secs(15) {
            say(format!("{} taken, {queued} queued", rig.office.count()));
            told = Instant::now();
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn milliseconds() -> i64 {
    use cartwright_types::Clock as _;
    cartwright_types::SystemClock.now().timestamp_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_must_not_be_is_seen() {
        let fine = || NoticeOutcome { reached: 10, doubled: 2, in_flight: 2, ..NoticeOutcome::default() };
        assert!(fine().is_fine(10));
        let mutants: [fn(&mut NoticeOutcome); 5] = [
            |outcome| outcome.lost.push("ada@example.com".to_owned()),
            |outcome| outcome.reached = 9,
            |outcome| outcome.doubled = 3,
            |outcome| outcome.without_reason = 1,
            |outcome| outcome.left_dead = 1,
        ];
        for (at, mutate) in mutants.iter().enumerate() {
            let mut outcome = fine();
            mutate(&mut outcome);
            assert!(!outcome.is_fine(10), "{at}");
        }
    }
}
