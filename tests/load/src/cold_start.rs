//! How fast a service starts as a Lambda function.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use cartwright_test_support::lambda::{FunctionSettings, LambdaFunction};
use localstack::{Options, Service, Stack};
use serde_json::{Value, json};

/// A service's cold starts, in rounds.
#[derive(Debug, Clone)]
pub struct ColdStart {
    /// The service.
    pub service: Service,
    /// From the start of the process to its first request for an event, a round each.
    pub init: Vec<Duration>,
    /// From that first event to its answer, a round each.
    pub first_answer: Vec<Duration>,
    /// From the second event to its answer, a round each.
    pub second_answer: Vec<Duration>,
}

/// Median, least and most of some rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// The middle one.
    pub median: Duration,
    /// The fastest.
    pub least: Duration,
    /// The slowest.
    pub most: Duration,
}

impl Spread {
    /// Of rounds, of which there must be one.
    #[must_use]
    pub fn of(rounds: &[Duration]) -> Self {
        let mut sorted = rounds.to_vec();
        sorted.sort_unstable();
        let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
        Self { median: at(sorted.len() / 2), least: at(0), most: at(sorted.len().saturating_sub(1)) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let text = format!(
            "{:.1} ({:.1}-{:.1})",
            milliseconds(self.median),
            milliseconds(self.least),
            milliseconds(self.most)
        );
        f.pad(&text)
    }
}

impl ColdStart {
    /// Init and first answer together, a round each.
    #[must_use]
    pub fn whole(&self) -> Vec<Duration> {
        self.init.iter().zip(&self.first_answer).map(|(init, answer)| *init + *answer).collect()
    }
}

/// Starts each service of the folder `binaries` as a function, `rounds` times in turn, and has it answer a request for
/// which it needs nobody else. PostgreSQL and the emulator are those of [`Options::from_env`].
///
/// # Errors
/// A function does not start, or does not answer with 200.
pub async fn cold_start(binaries: &Path, rounds: usize) -> Result<Vec<ColdStart>> {
    let mut options = Options::from_env()?.without_catalogue();
    options.binaries = binaries.to_path_buf();
    let stack = Box::pin(Stack::prepare(options)).await?;
    let outcome = measure(&stack, binaries, rounds).await;
    stack.stop().await?;
    outcome
}

async fn measure(stack: &Stack, binaries: &Path, rounds: usize) -> Result<Vec<ColdStart>> {
    let none = |service| ColdStart {
        service,
        init: Vec::new(),
        first_answer: Vec::new(),
        second_answer: Vec::new(),
    };
    let mut all = Service::ALL.map(none);
    for _ in 0..rounds {
        for one in &mut all {
            let mut environment = stack.env(one.service);
            environment.retain(|name, _| !matches!(name.as_str(), "HOST" | "PORT"));
            let settings = FunctionSettings::new(binaries.join(one.service.name()), environment);
            let function = LambdaFunction::start(settings).await;
            let function = function.with_context(|| format!("starting {}", one.service))?;
            let request = liveness();
            for times in [&mut one.first_answer, &mut one.second_answer] {
                let answer = function.invoke(&request).await.with_context(|| one.service.to_string())?;
                let status = &answer.payload["statusCode"];
                anyhow::ensure!(*status == 200, "{}: {}", one.service, answer.payload);
                times.push(answer.took);
            }
            one.init.push(function.init());
        }
    }
    Ok(all.into())
}

/// A table for people, in milliseconds.
pub fn print(rows: &[ColdStart]) {
    println!("{:<14} {:>22} {:>22} {:>22} {:>22}", "ms", "init", "first answer", "both", "second answer");
    for row in rows {
        let service = row.service.name();
        let [init, first, both, second] =
            [&row.init, &row.first_answer, &row.whole(), &row.second_answer].map(|rounds| Spread::of(rounds));
        println!("{service:<14} {init:>22} {first:>22} {both:>22} {second:>22}");
    }
}

/// A request of a load balancer that every service answers by itself.
fn liveness() -> Value {
    json!({
        "requestContext": { "elb": { "targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shop/1" } },
        "httpMethod": "GET",
        "path": "/health/live",
        "multiValueQueryStringParameters": {},
        "multiValueHeaders": { "host": ["shop.example"], "x-forwarded-for": ["198.51.100.7"] },
        "body": "",
        "isBase64Encoded": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_median_least_and_most() {
        let rounds = [30, 10, 20].map(Duration::from_millis);
        assert_eq!(Spread::of(&rounds).to_string(), "20.0 (10.0-30.0)");
    }
}
