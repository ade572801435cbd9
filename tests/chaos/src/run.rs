//! People buy, everything fails, the shop settles, the books are checked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use e2e::{Api, Shopper};
use futures::future::try_join_all;
use localstack::mail::Mail;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::task::JoinSet;

use crate::books::Books;
use crate::buyers::buy;
use crate::checker::{Violation, check};
use crate::crowd::Crowd;
use crate::plan::{PHASES, Plan};
use crate::shop::Shop;
use crate::staff;
use crate::told::Told;
use crate::trouble::{Until, make};

/// What came of a run.
#[derive(Debug)]
pub struct Outcome {
    /// Orders that a buyer was told of.
    pub placed: u64,
    /// From the first of them until the last buyer had an answer.
    pub took: Duration,
    /// Requests that were sent again because there was no usable answer.
    pub retries: u64,
    /// Services killed.
    pub kills: u32,
    /// Answers lost between services.
    pub lost: u64,
    /// What buyers were told.
    pub told: Told,
    /// How long after the last answer everything was in order; None: it never was.
    pub settled: Option<Duration>,
    /// Mails beyond one for a notification, of at most one for each send in flight at a kill.
    pub doubled: usize,
    /// What must never be.
    pub violations: Vec<Violation>,
}

/// Opens a shop, lets people buy through all phases, lets it settle and checks; `tell` hears what happens.
///
/// # Errors
/// The shop does not open, a request is never answered, or something that was killed does not come back.
pub async fn run(plan: Plan, mut tell: impl FnMut(&str)) -> Result<(Outcome, Shop)> {
    let mut shop = Shop::open().await?;
    let api = Api::new(&shop.stack.base_url());
    let (crowd, staff, shoppers) = gather(&shop, &api, &plan).await?;
    let emails: Vec<String> = shoppers.iter().map(|shopper| shopper.email.clone()).collect();
    tell(&format!("{} buyers come", shoppers.len()));

    let began = Instant::now();
    let mut buyers = JoinSet::new();
    for (shopper, seed) in shoppers.into_iter().zip(plan.seed.wrapping_mul(1000)..) {
        buyers.spawn(buy(shopper, StdRng::seed_from_u64(seed), Arc::clone(&crowd)));
    }
    let mut rng = StdRng::seed_from_u64(plan.seed);
    buyers.spawn(staff::meddle(staff, StdRng::seed_from_u64(!plan.seed), Arc::clone(&crowd)));
    let (mut kills, mut lost) = (0, 0);
    for phase in PHASES {
        let (before, start) = (crowd.placed(), Instant::now());
        // Of its own, whatever the phases before it took: none is left without orders on a slow machine.
        let until = Until {
            crowd: &crowd,
            placed: before + plan.orders * phase.orders / 100,
            deadline: start + plan.time * phase.time / 100,
        };
        let done = make(phase.trouble, &plan, &mut shop, until, &mut rng, &mut tell).await?;
        shop.nobody_fell().await.with_context(|| phase.name)?;
        (kills, lost) = (kills + done.kills, lost + done.lost);
        let (placed, took) = (crowd.placed() - before, start.elapsed());
        tell(&format!("{}: {placed} orders in {:.0} s", phase.name, took.as_secs_f64()));
    }
    crowd.leave();
    while let Some(buyer) = buyers.join_next().await {
        buyer.context("a buyer panicked")??;
    }
    let took = began.elapsed();
    let (placed, retries, told) = (crowd.placed(), crowd.retries(), crowd.told());
    tell(&format!("{placed} orders are placed; the shop settles"));
    let (settled, violations) = settle(&shop.books, &told, plan.settle).await?;
    let doubled = doubled(&shop.books.mails().await?, &emails);
    Ok((Outcome { placed, took, retries, kills, lost, told, settled, doubled, violations }, shop))
}

/// Fills the shelves and brings the buyers.
async fn gather(shop: &Shop, api: &Api, plan: &Plan) -> Result<(Arc<Crowd>, Shopper, Vec<Shopper>)> {
    let mailbox = shop.stack.mailbox().await?;
    let staff = staff::hire(&shop.stack, api, mailbox.as_ref()).await.context("who runs the shop")?;
    // Of what is scarce there is for about every fourth who wants it.
    let shelves = staff::fill_shelves(&staff, plan.orders * 10, plan.orders / 250 + 4).await?;
    let methods = staff.get("/shipping-methods").await?.expect(200)?;
    let method: Value = methods["data"][0]["id"].clone();
    let joining = (0..plan.buyers).map(|_| Shopper::join(api, mailbox.as_ref()));
    let shoppers = try_join_all(joining).await.context("a buyer joins before the trouble")?;
    let crowd = Crowd::new(shelves, Arc::clone(&shop.books.till), method, plan.rate);
    Ok((Arc::new(crowd), staff, shoppers))
}

/// Waits until nothing is wrong or the time is over: how long it took, and what is still wrong then.
async fn settle(
    books: &Books,
    told: &Told,
    patience: Duration,
) -> Result<(Option<Duration>, Vec<Violation>)> {
    let began = Instant::now();
    loop {
        let looked = began.elapsed();
        // A look at everything takes the emulator seconds, which it has better use for while there is work.
        if looked > patience || is_quiet(books).await? {
            let violations = check(books, told).await?;
            if violations.is_empty() || looked > patience {
                return Ok((violations.is_empty().then_some(looked), violations));
            }
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

async fn is_quiet(books: &Books) -> Result<bool> {
    let open: i64 = sqlx::query_scalar(
        "SELECT (SELECT count(*) FROM orders WHERE status = 'pending_payment') + (SELECT count(*) FROM outbox)
              + (SELECT count(*) FROM refunds WHERE status IN ('requested', 'pending'))",
    )
    .fetch_one(&books.orders)
    .await?;
    Ok(open == 0 && books.waiting().await?.is_empty())
}

/// Subjects carry the order's or invoice's number, so the same subject to the same address is the same notification.
fn doubled(mails: &[Mail], emails: &[String]) -> usize {
    let ours =
        mails.iter().filter(|mail| mail.to.iter().any(|to| emails.iter().any(|email| to.contains(email))));
    let mut subjects: Vec<(&[String], &str)> = ours
        .filter(|mail| mail.subject.starts_with("Your order") || mail.subject.starts_with("Invoice"))
        .map(|mail| (mail.to.as_slice(), mail.subject.as_str()))
        .collect();
    subjects.sort_unstable();
    subjects.windows(2).filter(|pair| pair[0] == pair[1]).count()
}
