//! What `dev` has started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use localstack::aws::Aws;
use localstack::databases::{Database, Databases};
use localstack::emulator::{self, Emulator};
use localstack::paths::Checkout;
use localstack::ports::Port;
use localstack::postgres::{self, Binaries, Cluster, RunAs};
use localstack::provision::names;
use localstack::redis::Redis;
use localstack::services::{Fleet, Logs, Places, Setup};
use localstack::stack::prepare;
use localstack::{Service, demo_data};

use super::Wishes;
use crate::commands::addresses::Addresses;
use crate::commands::exec;
use crate::commands::progress::step;

/// The servers and services; what has not been started yet is None.
#[derive(Default)]
pub struct Running {
    cluster: Option<Cluster>,
    emulator: Option<Emulator>,
    redis: Option<Redis>,
    fleet: Option<Fleet>,
    ports: Vec<Port>,
}

impl Running {
    /// Starts everything, a line of progress for each step.
    pub async fn start(&mut self, checkout: &Checkout, wishes: &Wishes) -> Result<()> {
        let started = Instant::now();
        let binaries = exec::build(checkout, false).await?;
        self.start_postgres(checkout, wishes.postgres_port).await?;
        self.start_emulator(checkout, wishes.emulator_port).await?;
        self.start_redis(checkout, wishes.redis_port).await?;
        self.assemble(checkout, binaries, wishes)?;
        let Self { cluster: Some(_), emulator: Some(emulator), fleet: Some(fleet), .. } = self else {
            bail!("a part was not started");
        };
        let aws = Aws::at(&emulator.url()).await;
        step("databases and AWS resources", async { Ok((prepare(fleet, &aws).await?, String::new())) })
            .await?;
        step("demo catalogue", async { Ok((demo_data::load(fleet).await?, String::new())) }).await?;
        let names = fleet.setup().places.names.clone();
        // Drawn while the services start: nobody needs them before somebody looks.
        let pictures = async {
            let count = Box::pin(demo_data::upload_images(&aws, &names)).await?;
            anyhow::Ok(if count == 0 { String::new() } else { format!("{count} pictures drawn, ") })
        };
        step("services", async {
            let (drawn, ()) = futures::try_join!(pictures, fleet.start_all())?;
            Ok(((), format!("{drawn}all ready after {:.1} s", started.elapsed().as_secs_f64())))
        })
        .await
    }

    /// Ends everything in order: services, servers.
    pub async fn stop(&mut self) {
        if let Some(fleet) = &mut self.fleet {
            fleet.stop().await;
        }
        let cluster = async {
            if let Some(cluster) = self.cluster.take() {
                cluster.stop().await;
            }
        };
        let emulator = async {
            if let Some(emulator) = self.emulator.take() {
                emulator.stop().await;
            }
        };
        let redis = async {
            if let Some(redis) = self.redis.take() {
                redis.stop().await;
            }
        };
        futures::join!(cluster, emulator, redis);
    }

    /// Where everything is, as `.work/addresses.env` says it.
    pub fn addresses(&self) -> Addresses {
        let mut all = Addresses::new();
        let mut set = |name: &str, value: String| all.insert(name.to_owned(), value);
        if let Some(cluster) = &self.cluster {
            set("POSTGRES_URL", cluster.url("postgres"));
        }
        if let Some(redis) = &self.redis {
            set("REDIS_URL", redis.url());
        }
        let Some(fleet) = &self.fleet else { return all };
        let places = &fleet.setup().places;
        for service in Service::ALL {
            set(service.url_variable(), places.url(service));
            set(service.admin_variable(), places.admin_url(service));
        }
        for database in Database::ALL {
            let name = format!("{}_DATABASE_URL", database.name().to_uppercase());
            set(&name, places.databases.superuser_url(database));
        }
        set("MAIL_URL", format!("{}/_ministack/ses/messages", places.aws_endpoint));
        set("AWS_ENDPOINT_URL", places.aws_endpoint.clone());
        set("AWS_ACCESS_KEY_ID", "test".to_owned());
        set("AWS_SECRET_ACCESS_KEY", "test".to_owned());
        set("AWS_REGION", places.names.region.clone());
        set("AWS_ACCOUNT_ID", places.names.account_id.clone());
        set("RESOURCE_PREFIX", places.names.prefix.clone());
        set("SECRETS_PREFIX", places.names.secrets_prefix.clone());
        all
    }

    /// Ends a service, runs its new migrations and starts it again.
    pub async fn restart(&mut self, service: Service) -> Result<String> {
        let fleet = self.fleet.as_mut().context("the services are not up yet")?;
        let started = Instant::now();
        fleet.terminate(service).await;
        if service.database().is_some() {
            fleet.run_role(service, "migrate", &[], None).await?;
        }
        fleet.start(service).await?;
        Ok(format!("{service} is ready after {:.1} s", started.elapsed().as_secs_f64()))
    }

    /// Makes the first administrator.
    pub async fn create_admin(&self, email: &str) -> Result<String> {
        let fleet = self.fleet.as_ref().context("the services are not up yet")?;
        fleet.run_role(Service::User, "create-admin", &[("ADMIN_EMAIL", email)], None).await?;
        Ok(format!("{}/_ministack/ses/messages", fleet.setup().places.aws_endpoint))
    }

    /// Says which services ended by themselves; fails when a server did, for then nothing works any more.
    pub fn report_ended(&mut self) -> Result<()> {
        for (service, obituary) in self.fleet.iter_mut().flat_map(Fleet::take_ended) {
            eprintln!("\n{obituary}\n{service} stays down until `make restart S={service}`\n");
        }
        let cluster = self.cluster.as_mut().and_then(Cluster::ended);
        let emulator = self.emulator.as_mut().and_then(Emulator::ended);
        match cluster.or(emulator) {
            Some(obituary) => bail!("{obituary}"),
            None => Ok(()),
        }
    }

    async fn start_postgres(&mut self, checkout: &Checkout, wanted: u16) -> Result<()> {
        let work = async {
            let run_as = RunAs::choose()?;
            let binaries = Binaries::find_or_install(checkout, &run_as).await?;
            let (folder, moved) = checkout.reachable(&checkout.work().join("postgres"), run_as.is_other())?;
            let port = Port::wanted_or_any(wanted)?;
            let mut note = place(port.number(), wanted);
            if moved {
                let name = run_as.name();
                note = format!("{note}; data in {}, as {name} cannot reach the checkout", folder.display());
            }
            let log = checkout.work().join("logs/postgres.log");
            let durability = postgres::Durability::PowerCut;
            let settings = postgres::Settings { folder, log, port, durability, run_as };
            let major = binaries.major;
            Ok((Cluster::start(&binaries, settings).await?, format!("version {major}, {note}")))
        };
        self.cluster = Some(step("PostgreSQL", work).await?);
        Ok(())
    }

    async fn start_emulator(&mut self, checkout: &Checkout, wanted: u16) -> Result<()> {
        let work = async {
            let port = Port::wanted_or_any(wanted)?;
            let note = place(port.number(), wanted);
            let (folder, log) = (checkout.work().join("emulator"), checkout.work().join("logs/emulator.log"));
            let settings = emulator::Settings { folder, log, port, persistent: true };
            Ok((Emulator::start(checkout, settings).await?, note))
        };
        self.emulator = Some(step("AWS emulator", work).await?);
        Ok(())
    }

    async fn start_redis(&mut self, checkout: &Checkout, wanted: u16) -> Result<()> {
        let work = async {
            let port = Port::wanted_or_any(wanted)?;
            let note = place(port.number(), wanted);
            let (folder, log) = (checkout.work().join("redis"), checkout.work().join("logs/redis.log"));
            let redis = Redis::start(folder, log, port).await?;
            let note =
                if redis.is_some() { note } else { "redis-server is not installed; not needed".to_owned() };
            Ok((redis, note))
        };
        self.redis = step("Redis", work).await?;
        Ok(())
    }

    fn assemble(&mut self, checkout: &Checkout, binaries: PathBuf, wishes: &Wishes) -> Result<()> {
        let (Some(cluster), Some(emulator)) = (&self.cluster, &self.emulator) else {
            bail!("the servers were not started");
        };
        let (mut ports, mut admin_ports) = (BTreeMap::new(), BTreeMap::new());
        for service in Service::ALL {
            let mut reserve = |wanted: u16, what: &str| {
                let port = Port::wanted_or_any(wanted)?;
                let number = port.number();
                if number != wanted {
                    println!("           {service}{what}: {}", place(number, wanted));
                }
                self.ports.push(port);
                anyhow::Ok(number)
            };
            ports.insert(service, reserve(service.default_port(), "")?);
            admin_ports.insert(service, reserve(service.default_admin_port(), " metrics")?);
        }
        let places = Places {
            aws_endpoint: emulator.url(),
            redis_url: self.redis.as_ref().map(Redis::url),
            databases: Databases::named(&cluster.url("postgres"), "")?,
            names: names("local"),
            ports,
            admin_ports,
        };
        let setup = Setup {
            places,
            app_env: "local",
            log_level: wishes.log_level.clone(),
            overrides: payment_variables(std::env::vars()),
        };
        let logs = Logs { folder: checkout.work().join("logs"), shown: !wishes.quiet };
        self.fleet = Some(Fleet::new(binaries, logs, setup));
        Ok(())
    }
}

/// `port 5432`, or where it is instead.
fn place(given: u16, wanted: u16) -> String {
    if given == wanted { format!("port {given}") } else { format!("port {given} ({wanted} is taken)") }
}

/// Which providers collect, their keys, and how often they are looked at go to the services as the shell has them: `PAYMENT_PROVIDERS=stripe,test
/// STRIPE_SECRET_KEY=sk_test_… make dev`.
fn payment_variables(all: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let of_payments = ["PAYMENT_PROVIDERS", "RECONCILE_INTERVAL_SECONDS"];
    all.filter(|(name, _)| of_payments.contains(&name.as_str()) || name.starts_with("STRIPE_")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_shell_says_of_payments_is_passed_on_and_nothing_else() {
        let shell = [("PAYMENT_PROVIDERS", "stripe"), ("STRIPE_BASE_URL", "http://x"), ("PATH", "/bin")];
        let passed =
            payment_variables(shell.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter());
        assert_eq!(passed.into_keys().collect::<Vec<_>>(), ["PAYMENT_PROVIDERS", "STRIPE_BASE_URL"]);
    }
}
