//! A whole stack with stand-ins for the services: what is held here is the runner, not the shop.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use localstack::databases::Database;
use localstack::ground::Ground;
use localstack::paths::Checkout;
use localstack::{Options, Service, Stack};
use sqlx::{Connection as _, PgConnection};

/// Answers 200 to everything; `X_CRASH` names the service that ends at once. Roles leave a file with their input.
const STAND_IN: &str = r#"#!/usr/bin/env python3
import http.server, os, signal, sys
name, role, here = os.path.basename(__file__), os.environ["ROLE"], os.path.dirname(__file__)
if role != "all":
    text = sys.stdin.read() if role.startswith("load") else os.environ["DATABASE_URL"]
    open(f"{here}/{name}.{role}", "w").write(text)
    sys.exit(0)
if os.environ.get("X_CRASH") == name:
    sys.exit("STRIPE_SECRET_KEY is missing")
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(os.getpid()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
"#;

fn stand_ins(folder: &Path) {
    for service in Service::ALL {
        let file = folder.join(service.name());
        fs::write(&file, STAND_IN).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

async fn process_of(stack: &Stack, service: Service) -> Option<String> {
    reqwest::get(stack.url(service)).await.ok()?.text().await.ok()
}

#[tokio::test]
async fn a_stack_starts_survives_kills_on_its_ports_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    stand_ins(folder.path());
    let ground = Ground::start(&Checkout::find().unwrap()).await.unwrap();
    let options = Options {
        superuser_url: ground.database_url(),
        aws_endpoint: ground.aws_endpoint(),
        binaries: folder.path().to_path_buf(),
        logs: folder.path().join("logs"),
        ..Options::here(&Checkout::find().unwrap())
    };

    let failed = Stack::start(options.clone().set("X_CRASH", "order")).await.unwrap_err();
    let text = format!("{failed:#}");
    assert!(text.contains("STRIPE_SECRET_KEY is missing") && text.contains("make restart S=order"), "{text}");

    let mut stack = Stack::start(options).await.unwrap();
    let migrated = fs::read_to_string(folder.path().join("order.migrate")).unwrap();
    assert!(migrated.contains("//migrator_t"), "{migrated}");
    let loaded = fs::read_to_string(folder.path().join("product.load-catalogue")).unwrap();
    assert_eq!(loaded.lines().count(), 211);

    let first = process_of(&stack, Service::Order).await.unwrap();
    stack.kill(Service::Order);
    assert_eq!(process_of(&stack, Service::Order).await, None);
    stack.start_service(Service::Order).await.unwrap();
    let second = process_of(&stack, Service::Order).await.unwrap();
    assert_ne!(first, second);
    assert!(stack.terminate(Service::User).await, "it drains by itself");
    assert_eq!(stack.revive().await.unwrap(), [Service::User]);

    let database = stack.database_url(Database::Orders);
    PgConnection::connect(&database).await.unwrap().close().await.unwrap();
    let gateway = stack.base_url();
    stack.stop().await.unwrap();
    assert!(reqwest::get(gateway).await.is_err(), "the gateway still answers");
    assert!(PgConnection::connect(&database).await.is_err(), "the database is still there");
    ground.stop().await.unwrap();
}
