//! The environment, typed.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cartwright_runtime::aws::AwsSettings;
use cartwright_runtime::{AppEnv, Env, Listen};
use cartwright_web::rules;

use crate::clients::{Applications, Smtp};
use crate::usecases::BASE;

/// `PORT` when it is not set.
pub const PORT: u16 = 8004;
/// The values of `ROLE`.
pub const ROLES: &[&str] = &["all", "api", "worker", "migrate"];

/// `ROLE`: what this process is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// API and worker in one process.
    All,
    /// Requests only.
    Api,
    /// Queues only; answers health checks.
    Worker,
    /// Ends at once: every service has the role, this one has no schema.
    Migrate,
}

impl FromStr for Role {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(Self::All),
            "api" => Ok(Self::Api),
            "worker" => Ok(Self::Worker),
            "migrate" => Ok(Self::Migrate),
            _ => Err("use all, api, worker or migrate"),
        }
    }
}

/// Everything the service reads from its environment.
#[derive(Debug)]
pub struct Config {
    /// `ROLE`
    pub role: Role,
    /// `APP_ENV`, `HOST`, `PORT`, `ADMIN_HOST`, `ADMIN_PORT`
    pub listen: Listen,
    /// None for the role that ends by itself.
    pub serving: Option<Serving>,
}

/// What only a serving process needs.
#[derive(Debug)]
pub struct Serving {
    /// `AWS_*`, `RESOURCE_PREFIX`, `SECRETS_PREFIX`
    pub aws: AwsSettings,
    /// `USER_SERVICE_URL`
    pub user_service_urls: Vec<String>,
    /// `ORDER_SERVICE_URL`
    pub order_service_urls: Vec<String>,
    /// How mails look and where they lead.
    pub shop: Shop,
    /// Whom messages are from.
    pub senders: Senders,
    /// Who delivers.
    pub providers: Providers,
    /// `SENDING_LEASE_SECONDS`
    pub sending_lease: Duration,
    /// `PUSH_FCM_APPLICATION_ARN`, `PUSH_APNS_APPLICATION_ARN`
    pub push_applications: Applications,
    /// `RETRY_BASE_SECONDS`: the longest that a message waits before it is tried a second time.
    pub retry_base: Duration,
}

/// Whom messages are from. Marketing has a sender of its own, so that what people think of it does not keep an order's mail
/// out of their inboxes.
#[derive(Debug, Clone)]
pub struct Senders {
    /// `MAIL_FROM`: an address whose identity SES has verified.
    pub transactional: String,
    /// `MARKETING_MAIL_FROM`: likewise; `MAIL_FROM` when it is not set.
    pub marketing: String,
}

/// Who delivers, channel by channel, in the order they are asked.
#[derive(Debug, Clone)]
pub struct Providers {
    /// `EMAIL_PROVIDERS`
    pub email: Vec<EmailBy>,
    /// `SMS_PROVIDERS`
    pub sms: Vec<SmsBy>,
    /// `PUSH_PROVIDERS`
    pub push: Vec<PushBy>,
    /// `SES_SEND_RATE`: mails a second in the place of what the account may.
    pub ses_send_rate: Option<u32>,
    /// `SMTP_URL`, where mail goes by it. It may hold a password.
    pub smtp_url: Option<SmtpUrl>,
    /// `SMS_SENDER_ID`: what telephones show in the place of a number, where a country allows it.
    pub sms_sender_id: Option<String>,
}

/// An address that may hold a password, so it is not shown.
#[derive(Clone)]
pub struct SmtpUrl(pub String);

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SmtpUrl(…)")
    }
}

/// Who delivers mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmailBy {
    /// Amazon SES.
    Ses,
    /// A server that speaks SMTP.
    Smtp,
}

/// Who delivers text messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsBy {
    /// Amazon SNS.
    Sns,
}

/// Who delivers push messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PushBy {
    /// Amazon SNS.
    Sns,
}

impl Providers {
    fn from_env(env: &mut Env) -> Self {
        let providers = Self {
            email: chosen(env, "EMAIL_PROVIDERS", &[("ses", EmailBy::Ses), ("smtp", EmailBy::Smtp)]),
            sms: chosen(env, "SMS_PROVIDERS", &[("sns", SmsBy::Sns)]),
            push: chosen(env, "PUSH_PROVIDERS", &[("sns", PushBy::Sns)]),
            ses_send_rate: env.optional("SES_SEND_RATE"),
            smtp_url: env.optional("SMTP_URL").map(SmtpUrl),
            sms_sender_id: env.optional("SMS_SENDER_ID"),
        };
        if providers.ses_send_rate == Some(0) {
            env.problem("SES_SEND_RATE is malformed: use 1 or more");
        }
        if providers.email.contains(&EmailBy::Smtp) {
            match &providers.smtp_url {
                None => env.problem("SMTP_URL is missing, and EMAIL_PROVIDERS names smtp"),
                Some(SmtpUrl(url)) => {
                    if let Err(how) = Smtp::new(url) {
                        env.problem(format!("SMTP_URL is malformed: {how}"));
                    }
                }
            }
        }
        let is_sender_id = |id: &String| {
            (1..=11).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric())
                && id.bytes().any(|b| b.is_ascii_alphabetic())
        };
        if providers.sms_sender_id.as_ref().is_some_and(|id| !is_sender_id(id)) {
            env.problem("SMS_SENDER_ID is malformed: use up to 11 letters and digits");
        }
        providers
    }
}

/// A list of names in the order given; absent, the first of the known ones.
fn chosen<T: Copy + PartialEq>(env: &mut Env, name: &str, known: &[(&str, T)]) -> Vec<T> {
    let mut chosen = Vec::new();
    for word in env.list(name) {
        match known.iter().find(|(name, _)| *name == word) {
            Some((_, one)) if !chosen.contains(one) => chosen.push(*one),
            Some(_) => env.problem(format!("{name} names one twice")),
            None => {
                let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
                env.problem(format!("{name} is malformed: use {}", names.join(", ")));
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(known.first().map(|(_, one)| *one));
    }
    chosen
}

/// The shop as its mails name it.
#[derive(Debug, Clone)]
pub struct Shop {
    /// `SHOP_NAME`
    pub name: String,
    /// `PUBLIC_URL`, without a trailing slash.
    pub public_url: String,
    /// `SHOP_LOCALE`: for whoever has told no language that there are texts in.
    pub locale: String,
    /// `SHOP_OPERATIONS_EMAIL`: who is told about the stock; None: nobody.
    pub operations_email: Option<String>,
}

/// A lease must outlast one call of the provider by far, or a slow answer is taken for a crash.
const SHORTEST_LEASE_SECONDS: u64 = 60;

impl Config {
    /// Reads it; what is wrong is kept in `env`.
    pub fn from_env(env: &mut Env) -> Self {
        let listen = Listen::from_env(env, PORT);
        let role = env.or("ROLE", Role::All);
        Self {
            listen,
            role,
            serving: (role != Role::Migrate).then(|| Serving::from_env(env, listen.app_env)),
        }
    }
}

impl Serving {
    fn from_env(env: &mut Env, app_env: AppEnv) -> Self {
        let public_url = env.urls("PUBLIC_URL").into_iter().next().unwrap_or_default();
        let lease: u64 = env.or("SENDING_LEASE_SECONDS", 120);
        if lease < 1 || (lease < SHORTEST_LEASE_SECONDS && !app_env.is_local()) {
            env.problem("SENDING_LEASE_SECONDS is too short: use 60 or more (1 or more in local and test)");
        }
        let base: u64 = env.or("RETRY_BASE_SECONDS", BASE.as_secs());
        if base < BASE.as_secs() && !app_env.is_local() {
            env.problem("RETRY_BASE_SECONDS is too short: use 8 or more (less in local and test only)");
        }
        let transactional: String = env.required("MAIL_FROM");
        let marketing: String = env.optional("MARKETING_MAIL_FROM").unwrap_or_else(|| transactional.clone());
        for (name, address) in [("MAIL_FROM", &transactional), ("MARKETING_MAIL_FROM", &marketing)] {
            if !address.is_empty() && address.parse::<lettre::Address>().is_err() {
                env.problem(format!("{name} is malformed: use an address such as shop@example.com"));
            }
        }
        let operations_email: Option<String> = env.optional("SHOP_OPERATIONS_EMAIL");
        if operations_email.as_ref().is_some_and(|email| email.parse::<lettre::Address>().is_err()) {
            env.problem("SHOP_OPERATIONS_EMAIL is malformed: use an address such as stock@example.com");
        }
        let locale: String = env.or("SHOP_LOCALE", "en".to_owned());
        if rules::locale(locale.clone().into()).is_err() {
            env.problem("SHOP_LOCALE is malformed: use a language tag such as en or de-AT");
        }
        Self {
            aws: AwsSettings::from_env(env),
            user_service_urls: env.urls("USER_SERVICE_URL"),
            order_service_urls: env.urls("ORDER_SERVICE_URL"),
            shop: Shop { name: env.required("SHOP_NAME"), public_url, locale, operations_email },
            senders: Senders { transactional, marketing },
            providers: Providers::from_env(env),
            sending_lease: Duration::from_secs(lease),
            retry_base: Duration::from_secs(base),
            push_applications: Applications {
                fcm: env.optional("PUSH_FCM_APPLICATION_ARN"),
                apns: env.optional("PUSH_APNS_APPLICATION_ARN"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMPLETE: [(&str, &str); 10] = [
        ("APP_ENV", "production"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCOUNT_ID", "123456789012"),
        ("RESOURCE_PREFIX", "cartwright-prod-"),
        ("SECRETS_PREFIX", "cartwright/prod/"),
        ("USER_SERVICE_URL", "http://user.internal:8001"),
        ("ORDER_SERVICE_URL", "http://order.internal:8003"),
        ("PUBLIC_URL", "https://shop.example/"),
        ("SHOP_NAME", "Cartwright"),
        ("MAIL_FROM", "shop@cartwright.example"),
    ];

    #[test]
    fn the_defaults_are_those_of_the_documentation() {
        let mut env = Env::from_pairs(COMPLETE);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        let serving = config.serving.unwrap();
        assert_eq!(config.listen.address.to_string(), "0.0.0.0:8004");
        assert_eq!(serving.sending_lease, Duration::from_mins(2));
        assert_eq!(serving.shop.public_url, "https://shop.example");
        assert_eq!(serving.senders.marketing, serving.senders.transactional);
        assert_eq!(serving.providers.email, [EmailBy::Ses]);
        assert_eq!(serving.retry_base, Duration::from_secs(8));
    }

    #[test]
    fn providers_come_in_the_order_given_and_what_is_unknown_or_unreachable_is_said() {
        let read = |more: &[(&'static str, &'static str)]| {
            let mut env = Env::from_pairs(COMPLETE.into_iter().chain(more.iter().copied()));
            let config = Config::from_env(&mut env);
            env.finish().map(|()| config.serving.unwrap().providers).map_err(|error| error.to_string())
        };
        let smtp = ("SMTP_URL", "smtps://user:hunter2@mail.example");
        let both = read(&[("EMAIL_PROVIDERS", "smtp,ses"), smtp]).unwrap();
        assert_eq!(both.email, [EmailBy::Smtp, EmailBy::Ses]);
        assert!(!format!("{both:?}").contains("hunter2"));
        for (more, word) in [
            (("EMAIL_PROVIDERS", "pigeon"), "EMAIL_PROVIDERS"),
            (("EMAIL_PROVIDERS", "ses,ses"), "twice"),
            (("EMAIL_PROVIDERS", "smtp"), "SMTP_URL"),
            (("SMS_SENDER_ID", "12345"), "SMS_SENDER_ID"),
            (("RETRY_BASE_SECONDS", "1"), "RETRY_BASE_SECONDS"),
            (("MARKETING_MAIL_FROM", "nobody"), "MARKETING_MAIL_FROM"),
        ] {
            let error = read(&[more]).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
        let error = read(&[("EMAIL_PROVIDERS", "smtp"), ("SMTP_URL", "http://user:hunter2@x")]).unwrap_err();
        assert!(error.contains("SMTP_URL") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_lease_that_a_slow_provider_outlives_is_refused_outside_local() {
        let pairs = COMPLETE.into_iter().chain([
            ("SENDING_LEASE_SECONDS", "5"),
            ("MAIL_FROM", "no address"),
            ("SHOP_OPERATIONS_EMAIL", "nobody"),
            ("SHOP_LOCALE", "German"),
        ]);
        let mut env = Env::from_pairs(pairs);
        Config::from_env(&mut env);
        let error = env.finish().unwrap_err().to_string();
        assert!(
            ["SENDING_LEASE_SECONDS", "MAIL_FROM", "SHOP_OPERATIONS_EMAIL", "SHOP_LOCALE"]
                .iter()
                .all(|name| error.contains(name)),
            "{error}"
        );
    }

    #[test]
    fn a_migration_needs_nothing() {
        let mut env = Env::from_pairs([("APP_ENV", "production"), ("ROLE", "migrate")]);
        let config = Config::from_env(&mut env);
        env.finish().unwrap();
        assert!(config.serving.is_none());
    }
}
