//! A shop of its own, for a test: databases, AWS resources and five processes that nobody else uses, on a PostgreSQL
//! and an emulator that already run.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use localstack::{Options, Service, Stack};
//!
//! let options = Options::from_env()?.set("ORDER_EXPIRY_SECONDS", "2");
//! let mut stack = Stack::start(options).await?;
//! let products = format!("{}/products", stack.base_url());
//! stack.kill(Service::Order);
//! stack.start_service(Service::Order).await?;
//! stack.stop().await
//! # }
//! ```

mod another;
mod options;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result};
use cartwright_contracts::Names;
use cartwright_types::random;
use futures::try_join;

use crate::aws::Aws;
use crate::databases::{Database, Databases};
use crate::demo_data;
use crate::mail::{self, Mailbox};
use crate::ports::Port;
use crate::provision::{names, provision};
use crate::services::{Fleet, Logs, MAIL_FROM, Places, Service, Setup};

pub use another::Another;
pub use options::Options;

/// A running shop. Dropping it kills its processes; [`Stack::stop`] also removes its databases.
#[derive(Debug)]
pub struct Stack {
    fleet: Fleet,
    aws: Aws,
    _ports: Vec<Port>,
}

impl Stack {
    /// Makes databases and resources, migrates, loads the demo catalogue and starts the services.
    ///
    /// # Errors
    /// Something does not come up; the message holds the last lines of what failed.
    pub async fn start(options: Options) -> Result<Self> {
        let mut stack = Self::prepare(options).await?;
        stack.fleet.start_all().await?;
        Ok(stack)
    }

    /// All of it but the services, for who runs them in another way: [`Stack::env`] is what they are to be told.
    ///
    /// # Errors
    /// Something does not come up; the message holds the last lines of what failed.
    pub async fn prepare(options: Options) -> Result<Self> {
        let id = format!("{:08x}", u32::from_le_bytes(random::bytes()));
        let databases = Databases::named(&options.superuser_url, &format!("_t{id}"))?;
        let names = names(&format!("t{id}"));
        let aws = Aws::at(&options.aws_endpoint).await;
        let (mut held, ports) = reserve()?;
        let (admin_held, admin_ports) = reserve()?;
        held.extend(admin_held);
        let places = Places {
            aws_endpoint: options.aws_endpoint,
            redis_url: options.redis_url,
            databases,
            names,
            ports,
            admin_ports,
        };
        let setup =
            Setup { places, app_env: "test", log_level: options.log_level, overrides: options.overrides };
        let logs = Logs { folder: options.logs.join(&id), shown: false };
        let fleet = Fleet::new(options.binaries, logs, setup);
        prepare(&fleet, &aws).await?;
        if options.catalogue {
            demo_data::load(&fleet).await.context("loading the demo data")?;
        }
        if options.images {
            Box::pin(demo_data::upload_images(&aws, &fleet.setup().places.names)).await?;
        }
        Ok(Self { fleet, aws, _ports: held })
    }

    /// The gateway: `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.url(Service::ApiGateway)
    }

    /// Where a service is reached, past the gateway.
    #[must_use]
    pub fn url(&self, service: Service) -> String {
        self.fleet.setup().places.url(service)
    }

    /// The port that is held for a service.
    #[must_use]
    pub fn port(&self, service: Service) -> u16 {
        self.fleet.setup().places.port(service)
    }

    /// Where a service serves `/metrics`.
    #[must_use]
    pub fn admin_url(&self, service: Service) -> String {
        self.fleet.setup().places.admin_url(service)
    }

    /// The environment that a service was given.
    #[must_use]
    pub fn env(&self, service: Service) -> BTreeMap<String, String> {
        self.fleet.setup().environment(service)
    }

    /// A superuser's URL of a database.
    #[must_use]
    pub fn database_url(&self, database: Database) -> String {
        self.fleet.setup().places.databases.superuser_url(database)
    }

    /// The names of its AWS resources.
    #[must_use]
    pub fn names(&self) -> &Names {
        &self.fleet.setup().places.names
    }

    /// Clients of the emulator.
    #[must_use]
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// The mail that was sent, this stack's and that of all others on the emulator: look for an address of your own.
    ///
    /// # Errors
    /// The emulator does not answer.
    pub async fn mailbox(&self) -> Result<Box<dyn Mailbox>> {
        mail::mailbox(&self.aws.endpoint).await
    }

    /// The folder of its log files, `NAME.log`.
    #[must_use]
    pub fn logs(&self) -> &Path {
        self.fleet.logs()
    }

    /// Changes a variable of all services, or leaves it as it would be (None); a service hears of it at its next start.
    pub fn tell(&mut self, name: &str, value: Option<&str>) {
        self.fleet.tell(name, value);
    }

    /// Kills a service at once (SIGKILL).
    pub fn kill(&mut self, service: Service) {
        self.fleet.kill(service);
    }

    /// Asks a service to end (SIGTERM) and waits; true if it drained by itself.
    pub async fn terminate(&mut self, service: Service) -> bool {
        self.fleet.terminate(service).await
    }

    /// Starts a service again, on its old port, and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn start_service(&mut self, service: Service) -> Result<()> {
        self.fleet.start(service).await
    }

    /// Kills a service at once and starts it again.
    ///
    /// # Errors
    /// It does not become ready.
    pub async fn restart(&mut self, service: Service) -> Result<()> {
        self.fleet.kill(service);
        self.fleet.start(service).await
    }

    /// Runs a one-off role of a service to its end and returns what it wrote.
    ///
    /// # Errors
    /// It fails; its output is in the message.
    pub async fn run_role(&self, service: Service, role: &str, variables: &[(&str, &str)]) -> Result<String> {
        self.fleet.run_role(service, role, variables, None).await
    }

    /// Starts the services that ended by themselves or were killed; returns which.
    ///
    /// # Errors
    /// One does not become ready.
    pub async fn revive(&mut self) -> Result<Vec<Service>> {
        let mut revived = Vec::new();
        for service in Service::ALL {
            if !self.fleet.is_running(service) {
                self.fleet.start(service).await?;
                revived.push(service);
            }
        }
        Ok(revived)
    }

    /// Ends the services in order and removes databases and logs (a stack that is dropped instead, by a test that fails,
    /// leaves its logs). AWS resources stay: their names are never used again, and the emulator is thrown away as a whole.
    ///
    /// # Errors
    /// A database cannot be removed.
    pub async fn stop(mut self) -> Result<()> {
        self.fleet.stop().await;
        // Whoever reads them now keeps them.
        let _ = std::fs::remove_dir_all(self.fleet.logs());
        self.fleet.setup().places.databases.drop_all().await
    }
}

/// Databases, AWS resources and schemas: what services need before they start.
///
/// # Errors
/// A server refuses, or a migration fails.
pub async fn prepare(fleet: &Fleet, aws: &Aws) -> Result<()> {
    let places = &fleet.setup().places;
    let schemas = async {
        places.databases.create().await.context("making the databases")?;
        fleet.migrate().await
    };
    let resources =
        async { provision(aws, &places.names, MAIL_FROM).await.context("making the AWS resources") };
    // The SDK's futures are large; on the heap they are no burden to the callers.
    try_join!(Box::pin(schemas), Box::pin(resources))?;
    Ok(())
}

fn reserve() -> Result<(Vec<Port>, BTreeMap<Service, u16>)> {
    let mut held = Vec::new();
    let mut ports = BTreeMap::new();
    for service in Service::ALL {
        let port = Port::any()?;
        ports.insert(service, port.number());
        held.push(port);
    }
    Ok((held, ports))
}
