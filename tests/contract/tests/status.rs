//! `/status` in a browser.

use std::fs;

use cartwright_contracts::resources;
use e2e::{Api, PASSWORD, Shopper};
use localstack::paths::Checkout;
use localstack::tools::{self, Chromium, Packages, unless_missing};
use localstack::{Options, Stack, process};

/// `UPDATE_PICTURES=1` writes the committed picture anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_operators_page_lets_staff_in_is_live_and_says_when_it_is_not_on_a_phone_and_a_desktop() {
    let checkout = Checkout::find().unwrap();
    let Some(packages) = unless_missing(Packages::find_or_install(&checkout).await).unwrap() else { return };
    let Some(browser) = unless_missing(Chromium::find_or_install(&checkout, &packages).await).unwrap() else {
        return;
    };
    let stack = Stack::start(Options::from_env().unwrap()).await.unwrap();
    let (api, mailbox) = (Api::new(&stack.base_url()), stack.mailbox().await.unwrap());
    let customer = Shopper::join(&api, mailbox.as_ref()).await.unwrap();
    let mut staff = Shopper::join(&api, mailbox.as_ref()).await.unwrap();
    staff.hire(&stack).await.unwrap();
    // Something to see: a dead letter, and people who look around.
    let name = stack.names().of("order-events-dlq");
    let sqs = &stack.aws().sqs;
    let url = sqs.get_queue_url().queue_name(name).send().await.unwrap().queue_url.unwrap();
    sqs.send_message().queue_url(url).message_body("{}").send().await.unwrap();
    for page in 1..60 {
        for path in
            [format!("/products?limit={page}"), "/cart".to_owned(), "/notifications/history".to_owned()]
        {
            customer.get(&path).await.unwrap().expect(200).unwrap();
        }
    }
    let queues: Vec<&str> = resources().queues.iter().map(|queue| queue.name.as_str()).collect();
    let pictures = checkout.work().join("contract/pictures");
    fs::create_dir_all(&pictures).unwrap();

    let mut command = packages.node();
    command
        .arg(tools::folder(&checkout).join("status.mjs"))
        .env("BASE_URL", stack.base_url())
        .env("STAFF", &staff.email)
        .env("CUSTOMER", &customer.email)
        .env("PASSWORD", PASSWORD)
        .env("QUEUES", queues.join(","))
        .env("CHROMIUM", browser.program())
        .env("PICTURES", &pictures)
        .envs(browser.environment().iter().map(|(name, value)| (name, value)));
    process::run(command).await.unwrap();

    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::copy(pictures.join("status-desktop.png"), checkout.root().join("docs/status.png")).unwrap();
    }
    stack.stop().await.unwrap();
}
