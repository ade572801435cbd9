//! Against the real server.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use cartwright_redis::{Announcer, Heard, Listener, Redis, Script};
use cartwright_runtime::{Work, metrics};
use futures::future::join_all;
use localstack::paths::Checkout;
use localstack::redis::{Certificate, Redis as Server};
use localstack::tools::{DebianProgram, unless_missing};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const PREFIX: &str = "cartwright-test-";
const CHANNEL: &str = "news";

fn client(server: &Server) -> Redis {
    Redis::new(&server.url().parse().unwrap(), PREFIX)
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}: not after 10 s");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_lost_connection_is_made_anew_and_a_server_that_is_gone_or_silent_is_an_error_soon() {
    let Some(mut server) = Server::for_a_test().await.unwrap() else { return };
    let redis = client(&server);
    redis.ping().await.unwrap();
    server.kill();
    let started = Instant::now();
    redis.ping().await.unwrap_err();
    server.restart().await.unwrap();
    redis.ping().await.unwrap();
    server.kill();
    server.restart().await.unwrap();
    redis.ping().await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(5));

    // Takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}", silent.local_addr().unwrap());
    let redis = Redis::new(&url.parse().unwrap(), PREFIX);
    let started = Instant::now();
    let errors = join_all((0..20).map(|_| redis.ping())).await;
    assert!(errors.iter().all(Result::is_err));
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_the_server_refuses_is_an_error_and_the_connection_stays() {
    let Some(server) = Server::for_a_test().await.unwrap() else { return };
    let redis = client(&server);
    let connections = Script::new(
        "return tonumber(string.match(redis.call('INFO', 'stats'), 'total_connections_received:(%d+)'))",
    );
    let before: i64 = redis.run(&connections, "", &[]).await.unwrap();
    for bad in
        ["this is not Lua", "return redis.call('INCRBY', KEYS[1], 'x')", "return redis.call('CLIENT', 'ID')"]
    {
        redis.run::<i64>(&Script::new(bad), "a", &[]).await.unwrap_err();
    }
    assert_eq!(redis.run::<i64>(&connections, "", &[]).await.unwrap(), before);
}

/// What was heard.
type Notes = Arc<Mutex<Vec<String>>>;

fn listen(server: &Server) -> Notes {
    let notes = Notes::default();
    let noting = Arc::clone(&notes);
    let listener = Listener::new(client(server), CHANNEL, move |heard| {
        let note = match heard {
            Heard::Begun => "begun".to_owned(),
            Heard::Message(text) => text.to_owned(),
        };
        noting.lock().unwrap().push(note);
    });
    tokio::spawn(async move { listener.run(CancellationToken::new()).await });
    notes
}

fn gauge() -> String {
    let text = metrics::text();
    text.lines().find(|line| line.starts_with("redis_listening{channel=\"news\"}")).unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_heard_once_by_all_and_again_when_the_server_is_back() {
    let Some(mut server) = Server::for_a_test().await.unwrap() else { return };
    let announcer = Announcer::new(client(&server), CHANNEL);
    let work = announcer.clone();
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    let listeners = [listen(&server), listen(&server)];
    let heard =
        |note: &str| listeners.iter().all(|notes| notes.lock().unwrap().iter().any(|one| one == note));
    until("listening", async || heard("begun")).await;
    assert!(gauge().ends_with(" 1"));
    // What waits already is said once.
    for text in ["one", "one", "two"] {
        announcer.say(text);
    }
    let working = tokio::spawn(async move { work.run(stopping).await });
    until("heard", async || heard("one") && heard("two")).await;
    // Another shop on the same server.
    server.tell("PUBLISH other-news three").await.unwrap();

    server.kill();
    until("noticed", async || gauge().ends_with(" 0")).await;
    let started = Instant::now();
    announcer.say("lost");
    assert!(started.elapsed() < Duration::from_millis(50), "nobody waits");
    let lost = "redis_messages_total{channel=\"news\",outcome=\"lost\"} 1";
    until("lost", async || metrics::text().contains(lost)).await;

    server.restart().await.unwrap();
    let begun = |notes: &Notes| notes.lock().unwrap().iter().filter(|note| *note == "begun").count();
    until("listening again", async || listeners.iter().all(|notes| begun(notes) == 2)).await;
    assert!(gauge().ends_with(" 1"));
    announcer.say("four");
    until("heard again", async || heard("four")).await;
    assert!(!heard("lost") && !heard("three"));
    let notes = listeners[0].lock().unwrap().clone();
    assert_eq!(notes.iter().filter(|note| *note == "one").count(), 1, "{notes:?}");

    // At the end what was left to say is said.
    stop.cancel();
    working.await.unwrap();
    announcer.say("five");
    announcer.after_invocation().await;
    until("the last words", async || heard("five")).await;
}

/// Signed by itself, for 127.0.0.1.
fn certificate(openssl: &DebianProgram, folder: &Path) -> Certificate {
    let (chain, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let mut command = openssl.command();
    command.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"]);
    command.args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]);
    command.arg("-keyout").arg(&key).arg("-out").arg(&chain);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Certificate { chain, key }
}

/// Where the test below, run once more, finds the server.
const URL_OF_ANOTHER: &str = "TEST_REDIS_URL";

#[tokio::test]
async fn over_tls_a_server_is_talked_to_if_its_certificate_is_known() {
    if let Ok(url) = std::env::var(URL_OF_ANOTHER) {
        let redis = Redis::new(&url.parse().unwrap(), PREFIX);
        redis.ping().await.unwrap();
        return;
    }
    let openssl =
        DebianProgram::find_or_unpack(&Checkout::find().unwrap(), "openssl", &["openssl", "libssl3"]).await;
    let Some(openssl) = unless_missing(openssl).unwrap() else { return };
    let folder = tempfile::tempdir().unwrap();
    let certificate = certificate(&openssl, folder.path());
    let Some(server) = Server::over_tls(certificate.clone()).await.unwrap() else { return };
    assert!(server.url().starts_with("rediss://"));
    let error = client(&server).ping().await.unwrap_err();
    let error = cartwright_runtime::chain(&error);
    assert!(error.contains("certificate"), "{error}");
    // The certificates that are known are read from the environment, which only another process can have different.
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "over_tls_a_server_is_talked_to_if_its_certificate_is_known"]);
    again.env("SSL_CERT_FILE", &certificate.chain).env(URL_OF_ANOTHER, server.url());
    let output = again.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
