//! The short form of `make test-notifications`.

use std::time::Duration;

use chaos::{NoticePlan, run_notices};
use localstack::Options;

#[tokio::test(flavor = "multi_thread")]
async fn no_notification_is_lost_and_doubled_are_only_those_in_flight_whatever_the_provider_does() {
    let options = Options::from_env().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let plan = NoticePlan {
        count: 600,
        seed: 3,
        binaries: options.binaries,
        log: folder.path().join("worker.log"),
        retry_base: 0,
        trouble: Duration::from_mins(2),
    };
    let outcome =
        Box::pin(run_notices(&options.aws_endpoint, &plan, |line| println!("{line}"))).await.unwrap();
    println!("{outcome:?}");
    assert!(outcome.is_fine(plan.count), "{outcome:?}");
    // Or nothing has gone wrong.
    assert!(outcome.kills > 0 && outcome.misbehaved.0 > 0 && outcome.misbehaved.1 > 0, "{outcome:?}");
}
