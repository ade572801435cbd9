//! `/docs` in a browser.

use std::fs;

use e2e::{Api, Shopper};
use localstack::paths::Checkout;
use localstack::tools::{self, Chromium, Packages, unless_missing};
use localstack::{Options, Stack, process};

/// `UPDATE_PICTURES=1` writes the committed picture anew.
#[tokio::test(flavor = "multi_thread")]
async fn the_reference_page_works_on_a_phone_and_a_desktop_signed_in_and_asks_nobody_else() {
    let checkout = Checkout::find().unwrap();
    let Some(packages) = unless_missing(Packages::find_or_install(&checkout).await).unwrap() else { return };
    let Some(browser) = unless_missing(Chromium::find_or_install(&checkout, &packages).await).unwrap() else {
        return;
    };
    let stack = Stack::start(Options::from_env().unwrap().without_catalogue()).await.unwrap();
    let mailbox = stack.mailbox().await.unwrap();
    let shopper = Shopper::join(&Api::new(&stack.base_url()), mailbox.as_ref()).await.unwrap();
    let pictures = checkout.work().join("contract/pictures");
    fs::create_dir_all(&pictures).unwrap();

    let mut command = packages.node();
    command
        .arg(tools::folder(&checkout).join("docs.mjs"))
        .env("BASE_URL", stack.base_url())
        .env("TOKEN", shopper.token.unwrap())
        .env("EMAIL", shopper.email)
        .env("CHROMIUM", browser.program())
        .env("PICTURES", &pictures)
        .envs(browser.environment().iter().map(|(name, value)| (name, value)));
    process::run(command).await.unwrap();

    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::copy(pictures.join("desktop-operations.png"), checkout.root().join("docs/api-reference.png"))
            .unwrap();
    }
    stack.stop().await.unwrap();
}
