//! `create-database` and `migrate` as they run on AWS: the administrator is no superuser, and passwords are secrets.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use futures::future::try_join_all;
use localstack::aws::Aws;
use localstack::ground::Ground;
use localstack::paths::Checkout;
use localstack::{Options, Service, process};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

/// Each with its database, its role and a table of its own.
const SERVICES: [(Service, &str, &str, &str); 3] = [
    (Service::User, "users", "user_service", "users"),
    (Service::Product, "products", "product_service", "products"),
    (Service::Order, "orders", "order_service", "orders"),
];

struct World {
    ground: Ground,
    binaries: PathBuf,
    server: PgConnectOptions,
    calls: PathBuf,
}

impl World {
    async fn start(folder: &Path) -> Self {
        let binaries = Options::from_env().unwrap().binaries;
        let ground = Ground::start(&Checkout::find().unwrap()).await.unwrap();
        let server: PgConnectOptions = ground.database_url().parse().unwrap();
        Self { ground, binaries, server, calls: folder.join("calls.jsonl") }
    }

    async fn run(&self, service: Service, database: &str, role: &str, task: &str) -> anyhow::Result<String> {
        let secret = if task == "migrate" { "migrator" } else { database };
        let place = format!("{}:{}", self.server.get_host(), self.server.get_port());
        let mut command = Command::new(self.binaries.join(service.name()));
        command.env_clear().envs(self.ground.environment(&self.binaries)).envs([
            ("APP_ENV", "test"),
            ("ROLE", task),
            ("DATABASE_URL", &format!("postgres://{role}@{place}/{database}")),
            ("DATABASE_PASSWORD", &format!("secretsmanager:acme/prod/database/{secret}#password")),
            ("DATABASE_ADMIN_URL", &format!("postgres://master@{place}/postgres")),
            ("DATABASE_ADMIN_PASSWORD", "secretsmanager:rds!cluster-1#password"),
            ("DATABASE_OWNER_PASSWORD", "secretsmanager:acme/prod/database/migrator#password"),
            ("AWS_CALLS_FILE", &self.calls.display().to_string()),
        ]);
        process::run(command).await
    }

    async fn connect(&self, role: &str, database: &str) -> sqlx::Result<PgConnection> {
        let options = self.server.clone().username(role).password(&password(database)).database(database);
        PgConnection::connect_with(&options).await
    }
}

fn password(of: &str) -> String {
    format!("it's {of}'s \\ one")
}

async fn administrator(world: &World) {
    let mut server = PgConnection::connect_with(&world.server).await.unwrap();
    let make = "CREATE ROLE master LOGIN CREATEROLE CREATEDB NOSUPERUSER PASSWORD 'hunter2'";
    sqlx::raw_sql(make).execute(&mut server).await.unwrap();
    let aws = Aws::at(&world.ground.aws_endpoint()).await;
    let secret = async |name: &str, password: &str| {
        let value = serde_json::json!({ "username": "x", "password": password }).to_string();
        aws.secrets.create_secret().name(name).secret_string(value).send().await.unwrap();
    };
    secret("rds!cluster-1", "hunter2").await;
    for name in ["users", "products", "orders", "migrator"] {
        secret(&format!("acme/prod/database/{name}"), &password(name)).await;
    }
}

#[tokio::test]
async fn databases_are_made_twice_and_at_once_without_a_superuser_and_serve_as_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::start(folder.path()).await;
    let early = world.run(Service::Order, "orders", "order_service", "create-database").await.unwrap_err();
    let early = format!("{early:#}");
    assert!(early.contains("DATABASE_ADMIN_PASSWORD") && early.contains("rds!cluster-1"), "{early}");

    administrator(&world).await;
    for _ in 0..2 {
        let all = SERVICES
            .map(|(service, database, role, _)| world.run(service, database, role, "create-database"));
        try_join_all(all).await.unwrap();
    }
    for _ in 0..2 {
        let all =
            SERVICES.map(|(service, database, _, _)| world.run(service, database, "migrator", "migrate"));
        try_join_all(all).await.unwrap();
    }
    for (_, database, role, table) in SERVICES {
        rows_but_not_the_schema(&world, database, role, table).await;
    }
    assert!(
        world.connect("user_service", "orders").await.is_err(),
        "a service may not enter another's database"
    );
    only_names_are_recorded(&world.calls);
    world.ground.stop().await.unwrap();
}

async fn rows_but_not_the_schema(world: &World, database: &str, role: &str, table: &str) {
    let mut service = world.connect(role, database).await.unwrap();
    let migrations: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&mut service)
        .await
        .unwrap();
    assert!(migrations > 1, "{database}: {migrations}");
    sqlx::raw_sql("INSERT INTO inbox (consumer, message_id) VALUES ('probe', gen_random_uuid())")
        .execute(&mut service)
        .await
        .unwrap();
    let deleted = sqlx::raw_sql("DELETE FROM inbox").execute(&mut service).await.unwrap();
    assert_eq!(deleted.rows_affected(), 1);
    for refused in [
        "CREATE TABLE mine (id int)".to_owned(),
        format!("ALTER TABLE {table} ADD mine int"),
        format!("DROP TABLE {table}"),
    ] {
        let refused_with = sqlx::raw_sql(sqlx::AssertSqlSafe(refused.clone())).execute(&mut service).await;
        assert!(refused_with.is_err(), "{database}: {refused}");
    }
}

fn only_names_are_recorded(calls: &Path) {
    let lines = std::fs::read_to_string(calls).unwrap();
    assert!(!lines.contains("hunter2") && !lines.contains("it's"), "{lines}");
    let master = r#"{"operation":"GetSecretValue","program":"order-service","resources":["rds!cluster-1"],"sdk":"SecretsManager"}"#;
    assert!(lines.lines().any(|line| line == master), "{lines}");
}
