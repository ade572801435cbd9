//! PostgreSQL and the emulator, started for real.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use aws_sdk_dynamodb::types::{DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate};
use aws_sdk_sqs::types::QueueAttributeName;
use cartwright_contracts::resources;
use cartwright_types::{Clock as _, SystemClock};
use localstack::aws::Aws;
use localstack::databases::{Database, Databases};
use localstack::emulator::is_healthy;
use localstack::ground::Ground;
use localstack::mail::{mailbox, sent_to};
use localstack::paths::Checkout;
use localstack::provision::{Algorithm, Change, fill_secrets, names, private_jwk, provision, rotate_keys};
use localstack::terraform::differences;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

const FROM: &str = "shop@cartwright.example";

async fn ground() -> Ground {
    Ground::start(&Checkout::find().unwrap()).await.unwrap()
}

#[tokio::test]
async fn resources_databases_and_mail_work_on_servers_of_their_own() {
    let ground = ground().await;
    let (database, endpoint) = (ground.database_url(), ground.aws_endpoint());
    Box::pin(everything_is_made_once_and_kept(&endpoint)).await;
    events_reach_the_queues_that_filter_for_them(&endpoint).await;
    what_nobody_filters_arrives(&endpoint).await;
    mail_is_read_back(&endpoint).await;
    what_differs_from_the_list_of_resources_is_found(&endpoint).await;
    secrets_that_terraform_made_empty_get_a_value_once(&endpoint).await;
    signing_keys_change_one_after_the_other(&endpoint).await;
    a_single_signing_key_is_first_given_a_successor(&endpoint).await;
    a_service_changes_rows_and_not_the_schema(&database).await;
    ground.stop().await.unwrap();

    assert!(!is_healthy(&endpoint).await, "the emulator still answers");
    assert!(PgConnection::connect(&database).await.is_err(), "PostgreSQL still answers");
}

#[tokio::test]
async fn what_was_committed_outlives_a_killed_postgresql_and_a_paused_emulator_goes_on() {
    let mut ground = Ground::start_killable(&Checkout::find().unwrap()).await.unwrap();
    let (database, endpoint) = (ground.database_url(), ground.aws_endpoint());
    let mut connection = PgConnection::connect(&database).await.unwrap();
    sqlx::raw_sql("CREATE TABLE kept (n int)").execute(&mut connection).await.unwrap();
    for n in 1..=50 {
        sqlx::query("INSERT INTO kept VALUES ($1)").bind(n).execute(&mut connection).await.unwrap();
    }
    ground.kill_postgres().unwrap();
    assert!(PgConnection::connect(&database).await.is_err(), "PostgreSQL still answers");
    assert!(sqlx::raw_sql("SELECT 1").execute(&mut connection).await.is_err(), "a session still lives");
    ground.start_postgres().await.unwrap();
    let mut connection = PgConnection::connect(&database).await.unwrap();
    let kept: i64 = sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&mut connection).await.unwrap();
    assert_eq!(kept, 50);

    let aws = Aws::at(&endpoint).await;
    aws.sqs.create_queue().queue_name("kept").send().await.unwrap();
    ground.pause_emulator();
    assert!(!is_healthy(&endpoint).await, "the emulator still answers");
    ground.resume_emulator();
    assert!(is_healthy(&endpoint).await);
    assert!(aws.sqs.get_queue_url().queue_name("kept").send().await.is_ok());
    ground.stop().await.unwrap();
}

async fn everything_is_made_once_and_kept(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("probe"));
    provision(&aws, &names, FROM).await.unwrap();
    let mut before = Vec::new();
    for secret in &resources().secrets {
        let secret =
            aws.secrets.get_secret_value().secret_id(names.secret(&secret.name)).send().await.unwrap();
        before.push(secret.secret_string.unwrap());
    }
    // As an earlier version left it: what is looked for next would find that it is missing.
    let delete = DeleteGlobalSecondaryIndexAction::builder().index_name("by_order").build().unwrap();
    let delete = GlobalSecondaryIndexUpdate::builder().delete(delete).build();
    let request = aws.dynamodb.update_table().table_name(names.of("notifications"));
    request.global_secondary_index_updates(delete).send().await.unwrap();
    provision(&aws, &names, FROM).await.unwrap();
    for (secret, before) in resources().secrets.iter().zip(before) {
        let secret =
            aws.secrets.get_secret_value().secret_id(names.secret(&secret.name)).send().await.unwrap();
        assert_eq!(secret.secret_string.unwrap(), before);
    }
    let tables = aws.dynamodb.list_tables().send().await.unwrap().table_names.unwrap();
    assert_eq!(tables.len(), resources().tables.len());
    let queues = aws.sqs.list_queues().queue_name_prefix(&names.prefix).send().await.unwrap();
    assert_eq!(queues.queue_urls.unwrap().len(), resources().queues.len() * 2);
}

async fn what_differs_from_the_list_of_resources_is_found(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("probe"));
    // Terraform's bucket of access logs is no resource of the shop's, and not made here.
    let logs = format!("the bucket {} is missing", names.of("logs"));
    assert_eq!(differences(&aws, &names).await.unwrap(), [logs]);

    let url = aws.sqs.get_queue_url().queue_name(names.of("order-events")).send().await.unwrap().queue_url;
    let request = aws.sqs.set_queue_attributes().set_queue_url(url);
    request.attributes(QueueAttributeName::VisibilityTimeout, "5").send().await.unwrap();
    aws.sqs.create_queue().queue_name(names.of("orders")).send().await.unwrap();
    aws.s3.delete_bucket_lifecycle().bucket(names.of("uploads")).send().await.unwrap();
    let found = differences(&aws, &names).await.unwrap().join("\n");
    for word in ["visibility timeout \"5\"", "nobody asked for the queue", "does not expire"] {
        assert!(found.contains(word), "{word}: {found}");
    }
}

async fn secrets_that_terraform_made_empty_get_a_value_once(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("empty"));
    assert!(fill_secrets(&aws.secrets, &names).await.is_err(), "without `terraform apply` there are none");
    for secret in &resources().secrets {
        aws.secrets.create_secret().name(names.secret(&secret.name)).send().await.unwrap();
    }
    let read = async |name: &str| {
        let secret = aws.secrets.get_secret_value().secret_id(names.secret(name)).send().await.unwrap();
        secret.secret_string.unwrap()
    };
    assert_eq!(fill_secrets(&aws.secrets, &names).await.unwrap().len(), resources().secrets.len());
    let before = read("database/orders").await;
    assert!(before.contains("password"), "of another kind");
    assert!(fill_secrets(&aws.secrets, &names).await.unwrap().is_empty());
    assert_eq!(read("database/orders").await, before);
}

/// The secret's keys, each by id and algorithm.
async fn signing_keys(aws: &Aws, secret: &str) -> Vec<(String, String)> {
    let secret = aws.secrets.get_secret_value().secret_id(secret).send().await.unwrap();
    let set: Value = serde_json::from_str(secret.secret_string().unwrap()).unwrap();
    let text = |key: &Value, name: &str| key[name].as_str().unwrap().to_owned();
    set["keys"].as_array().unwrap().iter().map(|key| (text(key, "kid"), text(key, "alg"))).collect()
}

async fn signing_keys_change_one_after_the_other(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("empty"));
    let secret = names.secret("jwt-keys");
    let now = SystemClock.now().timestamp();
    let rotate = async |algorithm, force, now| rotate_keys(&aws.secrets, &names, algorithm, force, now).await;
    let start = signing_keys(&aws, &secret).await;
    assert_eq!(start.len(), 2, "there is a next key from the start");

    let change = rotate(Algorithm::Es256, false, now).await.unwrap();
    let first = signing_keys(&aws, &secret).await;
    let (current, next, previous) = (start[1].0.clone(), first[1].0.clone(), start[0].0.clone());
    assert_eq!(change, Change::Rotated { current, next, previous });
    assert_eq!([&first[0], &first[2]], [&start[1], &start[0]]);
    assert_eq!(first[1].1, "ES256");

    let early = rotate(Algorithm::Rs256, false, now + 19 * 60).await.unwrap_err().to_string();
    assert!(early.contains("FORCE=1") && early.contains("minutes"), "{early}");
    assert_eq!(signing_keys(&aws, &secret).await, first);
    rotate(Algorithm::Rs256, false, now + 21 * 60).await.unwrap();
    rotate(Algorithm::Rs256, true, now).await.unwrap();
    let last = signing_keys(&aws, &secret).await;
    assert_eq!(last.len(), 3);
    assert_eq!((last[2].1.as_str(), last[2].0.as_str()), ("ES256", first[1].0.as_str()), "it has signed");
}

async fn a_single_signing_key_is_first_given_a_successor(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("single"));
    let secret = names.secret("jwt-keys");
    let now = SystemClock.now().timestamp();
    let missing = rotate_keys(&aws.secrets, &names, Algorithm::Rs256, false, now).await.unwrap_err();
    assert!(missing.to_string().contains("secrets-init"), "{missing:#}");

    let single = json!({ "keys": [private_jwk(Algorithm::Rs256).unwrap()] }).to_string();
    aws.secrets.create_secret().name(&secret).secret_string(single).send().await.unwrap();
    let change = rotate_keys(&aws.secrets, &names, Algorithm::Rs256, false, now).await.unwrap();
    assert!(matches!(change, Change::Prepared { .. }), "{change:?}");
    let early = rotate_keys(&aws.secrets, &names, Algorithm::Rs256, false, now + 9 * 60).await;
    assert!(early.is_err(), "who verifies may not know the next key yet");
    let change = rotate_keys(&aws.secrets, &names, Algorithm::Rs256, false, now + 11 * 60).await.unwrap();
    assert!(matches!(change, Change::Rotated { .. }), "{change:?}");
}

async fn events_reach_the_queues_that_filter_for_them(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("probe"));
    let attribute = aws_sdk_sns::types::MessageAttributeValue::builder()
        .data_type("String")
        .string_value("order.expired")
        .build()
        .unwrap();
    let publish = aws.sns.publish().topic_arn(names.topic_arn("domain-events")).message("{\"raw\":true}");
    publish.message_attributes("event_type", attribute).send().await.unwrap();

    for (queue, expected) in [("product-events", 1), ("notification-events", 1), ("order-events", 0)] {
        let bodies = bodies(&aws, &names.of(queue)).await;
        assert_eq!(bodies.len(), expected, "{queue}");
        assert!(bodies.iter().all(|body| body == "{\"raw\":true}"));
    }
}

async fn what_nobody_filters_arrives(endpoint: &str) {
    let (aws, names) = (Aws::at(endpoint).await, names("probe"));
    aws.sns.publish().topic_arn(names.topic_arn("mail-events")).message("bounce").send().await.unwrap();
    assert_eq!(bodies(&aws, &names.of("mail-events")).await, ["bounce"]);

    for key in ["images/a.png", "imports/b.csv"] {
        let upload = aws.s3.put_object().bucket(names.of("uploads")).key(key);
        upload.body(b"x".to_vec().into()).send().await.unwrap();
    }
    let told = bodies(&aws, &names.of("image-uploads")).await.join(" ");
    assert!(told.contains("a.png") && !told.contains("b.csv"), "{told}");
}

async fn bodies(aws: &Aws, queue: &str) -> Vec<String> {
    let url = aws.sqs.get_queue_url().queue_name(queue).send().await.unwrap().queue_url.unwrap();
    let receive = aws.sqs.receive_message().queue_url(url).wait_time_seconds(1).max_number_of_messages(10);
    let messages = receive.send().await.unwrap().messages.unwrap_or_default();
    messages.into_iter().filter_map(|message| message.body).collect()
}

async fn mail_is_read_back(endpoint: &str) {
    use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message};
    let aws = Aws::at(endpoint).await;
    let text = |data: &str| Content::builder().data(data).build().unwrap();
    let message = Message::builder()
        .subject(text("Subject line"))
        .body(Body::builder().text(text("the text")).html(text("<p>the html</p>")).build())
        .build();
    aws.ses
        .send_email()
        .from_email_address(FROM)
        .destination(Destination::builder().to_addresses("buyer@example.com").build())
        .content(EmailContent::builder().simple(message).build())
        .send()
        .await
        .unwrap();

    let mailbox = mailbox(endpoint).await.unwrap();
    let mails = sent_to(&*mailbox, "buyer@example.com").await.unwrap();
    assert_eq!(mails.len(), 1);
    assert_eq!((mails[0].subject.as_str(), mails[0].text.as_str()), ("Subject line", "the text"));
    assert_eq!(mails[0].html.as_deref(), Some("<p>the html</p>"));
    assert!(sent_to(&*mailbox, "somebody@example.com").await.unwrap().is_empty());
}

async fn a_service_changes_rows_and_not_the_schema(server: &str) {
    let databases = Databases::named(server, "_probe").unwrap();
    databases.create().await.unwrap();
    databases.create().await.unwrap();

    let mut owner = PgConnection::connect(&databases.migrator_url(Database::Orders)).await.unwrap();
    sqlx::raw_sql("CREATE EXTENSION pg_trgm; CREATE TABLE orders (id int PRIMARY KEY)")
        .execute(&mut owner)
        .await
        .unwrap();
    let mut service = PgConnection::connect(&databases.service_url(Database::Orders)).await.unwrap();
    sqlx::raw_sql("INSERT INTO orders VALUES (1)").execute(&mut service).await.unwrap();
    for refused in
        ["DROP TABLE orders", "ALTER TABLE orders ADD n int", "CREATE TABLE mine (id int)", "TRUNCATE orders"]
    {
        assert!(sqlx::raw_sql(refused).execute(&mut service).await.is_err(), "{refused}");
    }
    let elsewhere = databases.service_url(Database::Orders).replace("/orders_probe", "/users_probe");
    assert!(PgConnection::connect(&elsewhere).await.is_err(), "a service may not enter another's database");

    databases.drop_all().await.unwrap();
    assert!(PgConnection::connect(&databases.service_url(Database::Orders)).await.is_err());
}
