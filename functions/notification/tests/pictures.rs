//! Every mail as a telephone shows it.

use std::fs;

use localstack::paths::Checkout;
use localstack::process;
use localstack::tools::{Chromium, Packages, unless_missing};
use notification::config::Shop;
use notification::domain::{Channel, Template};
use notification::mail::{Reader, Renderer, built_in_languages, sample};
use serde_json::json;

/// `UPDATE_PICTURES=1` writes the committed sheets anew.
#[tokio::test(flavor = "multi_thread")]
async fn every_mail_fits_a_telephone_in_every_language_and_loads_nothing() {
    let checkout = Checkout::find().unwrap();
    let Some(packages) = unless_missing(Packages::find_or_install(&checkout).await).unwrap() else { return };
    let Some(browser) = unless_missing(Chromium::find_or_install(&checkout, &packages).await).unwrap() else {
        return;
    };
    let renderer = Renderer::new(Shop {
        name: "Cartwright".to_owned(),
        public_url: "https://shop.example".to_owned(),
        locale: "en".to_owned(),
        operations_email: None,
    });
    let link = "https://shop.example/orders/0198b5a0-7c1e-7e7d-9c55-3d0f4d9b7a10?order_token=aB-_9";
    let mut mails = Vec::new();
    for language in built_in_languages() {
        for template in Template::ALL {
            let reader = Reader {
                locale: language,
                name: Some("Ada Lovelace"),
                order_link: Some(link),
                unsubscribe_link: None,
            };
            let key = template.as_str();
            let mail = renderer.render(key, Channel::Email, &[], &reader, &sample(template)).unwrap();
            mails.push(json!({ "name": key, "language": language, "html": mail.html }));
        }
    }
    let folder = checkout.work().join("mails");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mails.json"), serde_json::to_string(&mails).unwrap()).unwrap();
    let mut command = packages.node();
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pictures.mjs"))
        .env("MAILS", folder.join("mails.json"))
        .env("SHEETS", &folder)
        .env("CHROMIUM", browser.program())
        .envs(browser.environment().iter().map(|(name, value)| (name, value)));
    process::run(command).await.unwrap();
    for language in built_in_languages() {
        let sheet = format!("mails-{language}.png");
        assert!(fs::metadata(folder.join(&sheet)).unwrap().len() > 10_000);
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::copy(folder.join(&sheet), checkout.root().join("docs").join(&sheet)).unwrap();
        }
    }
}
