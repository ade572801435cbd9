//! Making trouble: each kind goes on until its phase is over, and does not end before it has done what it is for.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use localstack::Service;
use rand::Rng as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use crate::crowd::Crowd;
use crate::lossy::Lossy;
use crate::plan::{Plan, Trouble};
use crate::shop::Shop;
use crate::till::Mood;

/// When a phase is over.
#[derive(Clone, Copy)]
pub struct Until<'a> {
    /// Who counts.
    pub crowd: &'a Crowd,
    /// So many orders are placed.
    pub placed: u64,
    /// Or it is so late.
    pub deadline: Instant,
}

impl Until<'_> {
    fn is_over(&self) -> bool {
        self.crowd.placed() >= self.placed || Instant::now() >= self.deadline
    }

    async fn wait(&self) {
        while !self.is_over() {
            sleep(Duration::from_millis(50)).await;
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, Default)]
pub struct Done {
    /// Services killed.
    pub kills: u32,
    /// Answers lost.
    pub lost: u64,
}

/// Makes it; `tell` hears what happens.
///
/// # Errors
/// What was killed does not come back.
pub async fn make(
    trouble: Trouble,
    plan: &Plan,
    shop: &mut Shop,
    until: Until<'_>,
    rng: &mut StdRng,
    tell: &mut impl FnMut(&str),
) -> Result<Done> {
    match trouble {
        Trouble::Nothing => {
            until.wait().await;
            Ok(Done::default())
        }
        Trouble::Kills => kills(plan, shop, until, rng, tell).await,
        Trouble::Outages => outages(plan, shop, until, rng, tell).await,
        Trouble::LostAnswers => lost_answers(shop, until).await,
        Trouble::WildWebhooks | Trouble::NoWebhooks => {
            let wild = trouble == Trouble::WildWebhooks;
            until.crowd.till.set(if wild { Mood::Wild } else { Mood::Silent });
            until.wait().await;
            until.crowd.till.set(Mood::Calm);
            Ok(Done::default())
        }
    }
}

async fn kills(
    plan: &Plan,
    shop: &mut Shop,
    until: Until<'_>,
    rng: &mut StdRng,
    tell: &mut impl FnMut(&str),
) -> Result<Done> {
    let mut kills = 0;
    while kills < plan.kills || !until.is_over() {
        sleep(rng.random_range(plan.lull / 8..plan.lull)).await;
        let service = Service::ALL[rng.random_range(0..Service::ALL.len())];
        shop.kill(service, Duration::from_millis(rng.random_range(0..800))).await?;
        kills += 1;
        tell(&format!("kill {kills}: {service}"));
    }
    Ok(Done { kills, lost: 0 })
}

async fn outages(
    plan: &Plan,
    shop: &mut Shop,
    until: Until<'_>,
    rng: &mut StdRng,
    tell: &mut impl FnMut(&str),
) -> Result<Done> {
    let pause = |rng: &mut StdRng| rng.random_range(plan.lull / 4..plan.lull * 3 / 4);
    for time in 1..=2 {
        sleep(pause(rng)).await;
        shop.ground.kill_postgres()?;
        sleep(pause(rng)).await;
        shop.ground.start_postgres().await.context("PostgreSQL does not come back")?;
        tell(&format!("PostgreSQL was killed, time {time}"));
        if time == 1 {
            sleep(pause(rng)).await;
            shop.ground.pause_emulator();
            sleep(plan.away).await;
            shop.ground.resume_emulator();
            tell(&format!("the emulator was away for {:?}", plan.away));
        }
    }
    until.wait().await;
    Ok(Done::default())
}

/// The services that talk over the ways where answers get lost are told so at their start.
async fn lost_answers(shop: &mut Shop, until: Until<'_>) -> Result<Done> {
    let ways = [
        ("PRODUCT_SERVICE_URL", Lossy::to(&shop.stack.url(Service::Product)).await?),
        ("ORDER_SERVICE_URL", Lossy::to(&shop.stack.url(Service::Order)).await?),
        ("STRIPE_BASE_URL", Lossy::to(until.crowd.till.url()).await?),
    ];
    for (name, way) in &ways {
        shop.stack.tell(name, Some(&way.url()));
    }
    shop.stack.restart(Service::Order).await?;
    shop.stack.restart(Service::ApiGateway).await?;
    until.wait().await;
    for (name, _) in &ways {
        shop.stack.tell(name, None);
    }
    shop.stack.tell("STRIPE_BASE_URL", Some(until.crowd.till.url()));
    shop.stack.restart(Service::Order).await?;
    shop.stack.restart(Service::ApiGateway).await?;
    Ok(Done { kills: 4, lost: ways.iter().map(|(_, way)| way.lost()).sum() })
}
