//! The purchase from functions of the emulator's own Lambda: its runtime, its event source mappings, its load balancers.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::time::{Duration, Instant};

use e2e::{Api, purchase};
use localstack::databases::Database;
use localstack::lambda::{Functions, package};
use localstack::{Options, Stack};
use sqlx::PgPool;
use uuid::Uuid;

async fn deployed() -> (Stack, Functions) {
    let options = Options::from_env().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let packages = package(&options.binaries, folder.path(), 1).await.unwrap();
    let stack = Box::pin(Stack::prepare(options)).await.unwrap();
    let functions = Functions::deploy(&stack, &packages).await.unwrap();
    (stack, functions)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_purchase_works_when_the_emulator_runs_the_services_as_functions() {
    let (stack, functions) = deployed().await;
    let mailbox = stack.mailbox().await.unwrap();

    let bought = purchase(&Api::new(&stack.base_url()), mailbox.as_ref(), &mut |_| ()).await;
    if bought.is_err() {
        functions.save_logs(stack.logs()).await.unwrap();
        panic!("{bought:?}; what the functions wrote is in {}", stack.logs().display());
    }

    functions.remove().await.unwrap();
    stack.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "waits for the emulator's clock, more than a minute; the event itself is tested in lambda/queues.rs"]
async fn the_schedule_calls_a_function_by_itself() {
    let (stack, functions) = deployed().await;
    let users = PgPool::connect(&stack.database_url(Database::Users)).await.unwrap();
    let insert = "INSERT INTO outbox (id, destination_kind, destination, body, attributes) VALUES ($1, 'topic', 'domain-events', '{}', '[]')";
    sqlx::query(insert).bind(Uuid::now_v7()).execute(&users).await.unwrap();

    let deadline = Instant::now() + Duration::from_secs(150);
    let rows = async || -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(&users).await.unwrap()
    };
    while rows().await > 0 {
        assert!(Instant::now() < deadline, "the schedule did not call the function");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }

    users.close().await;
    functions.remove().await.unwrap();
    stack.stop().await.unwrap();
}
