//! What every program does before its own work.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;

use crate::telemetry::Telemetry;
use crate::{Env, healthcheck};

/// A program, as far as all of them are alike.
#[derive(Debug)]
pub struct About<C> {
    /// The name it is deployed under: `order-service`.
    pub name: &'static str,
    /// `PORT` when it is not set.
    pub port: u16,
    /// The values of `ROLE` that have an environment: not `openapi` and `variables`.
    pub roles: &'static [&'static str],
    /// Reads the configuration; what is wrong is kept in the environment. Which variables it asks for may depend on `ROLE`
    /// only: [`start`] describes them without any being set.
    pub config: fn(&mut Env) -> C,
    /// The service's OpenAPI document.
    pub openapi: fn() -> String,
}

/// Reads the environment and starts logs, metrics and traces. None when the program has done already what it was asked
/// for, none of which needs an environment: the argument `healthcheck` asks the service that listens in this container;
/// `ROLE=openapi` prints the API's document, and `ROLE=variables` the names that each role reads.
///
/// # Errors
/// The environment is not complete; the service is not healthy.
pub async fn start<C>(about: &About<C>) -> anyhow::Result<Option<C>> {
    match std::env::args().nth(1).as_deref() {
        None => {}
        Some("healthcheck") => return healthcheck::check(about.port).map(|()| None),
        Some(other) => {
            bail!("there is one argument, healthcheck, and not {other}; what else to do says ROLE")
        }
    }
    match std::env::var("ROLE").as_deref() {
        Ok("openapi") => print!("{}", (about.openapi)()),
        Ok("variables") => println!("{}", serde_json::to_string_pretty(&variables(about)?)?),
        _ => return Ok(Some(configure(about).await?)),
    }
    Ok(None)
}

async fn configure<C>(about: &About<C>) -> anyhow::Result<C> {
    let mut env = Env::load(about.name).await;
    let (telemetry, config) = read(about, &mut env);
    env.finish()?;
    telemetry.start(about.name)?;
    Ok(config)
}

fn read<C>(about: &About<C>, env: &mut Env) -> (Telemetry, C) {
    (Telemetry::from_env(env), (about.config)(env))
}

/// The names that a role reads, by role.
fn variables<C>(about: &About<C>) -> anyhow::Result<BTreeMap<&'static str, BTreeSet<String>>> {
    let mut all = BTreeMap::new();
    for role in about.roles {
        let mut env = Env::from_pairs([("ROLE", *role)]);
        read(about, &mut env);
        all.insert(*role, env.names().clone());
        if let Err(error) = env.finish()
            && error.to_string().contains("ROLE is malformed")
        {
            bail!("{} is said to have the role {role}, and does not", about.name);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About<()> = About {
        name: "order-service",
        port: 8003,
        roles: &["all", "migrate"],
        config: |env| {
            let _: Option<String> = env.optional("DATABASE_URL");
            if env.or("ROLE", "all".to_owned()) == "all" {
                env.urls("USER_SERVICE_URL");
            }
        },
        openapi: String::new,
    };

    #[test]
    fn each_role_is_described_by_what_it_asks_for_telemetry_included() {
        let all = variables(&ABOUT).unwrap();
        let (serving, migrating) = (&all["all"], &all["migrate"]);
        assert!(serving.contains("USER_SERVICE_URL") && !migrating.contains("USER_SERVICE_URL"));
        for name in ["APP_ENV", "DATABASE_URL", "LOG_LEVEL", "OTEL_TRACES_SAMPLER_ARG", "ROLE"] {
            assert!(serving.contains(name) && migrating.contains(name), "{name}");
        }
    }

    #[test]
    fn a_role_that_the_configuration_does_not_know_is_not_described() {
        let about = About {
            config: |env| {
                let _ = env.optional::<u8>("ROLE");
            },
            ..ABOUT
        };
        assert!(variables(&about).unwrap_err().to_string().contains("the role all"));
    }
}
