//! The bare tables and the shops, on a PostgreSQL of their own, with the same texts.

use std::path::Path;

use anyhow::{Context as _, Result};
use localstack::databases::Database;
use localstack::{Options, Service, Stack, process};

use super::MANY;
use crate::pgbench::PgBench;
use crate::server::Server;

/// What is measured.
pub struct Shops {
    /// The bare tables.
    pub bare: PgBench,
    /// The names of the products, from number 1.
    pub names: Vec<String>,
    /// Shops with so many products each, in rising order; the last has a gateway.
    pub stacks: Vec<Stack>,
    server: Server,
}

impl Shops {
    /// Makes and fills them: about two minutes for 100,000 products.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn open(name: &str, binaries: &Path, sizes: &[u32]) -> Result<Self> {
        // Everything fits into its memory, as on a server that was made for it.
        let server = Server::start(name).await?;
        let url = |database: &str| server.cluster.url(database);
        let bare = PgBench::prepare(&server.binaries, url, "SELECT").await?;
        bare.run(&url("postgres"), "ALTER SYSTEM SET shared_buffers = '1GB'").await?;
        let server = server.restart().await?;
        let bare = bare.at(&server.cluster.url(PgBench::DATABASE));
        println!("filling the tables with {MANY} products: two minutes");
        bare.run_here(include_str!("bare.sql")).await.context("filling the bare tables")?;
        let texts = server.folder.join("texts");
        let copy = "\\copy (SELECT id, name, description, price_minor FROM product ORDER BY id) TO";
        bare.run_here(&format!("{copy} '{}'", texts.display())).await?;
        let names = std::fs::read_to_string(&texts)?;
        let names =
            names.lines().map(|line| line.split('\t').nth(1).unwrap_or_default().to_owned()).collect();
        let mut shops = Self { bare, names, stacks: Vec::new(), server };
        for size in sizes {
            let stack = Box::pin(shops.stack(binaries, &texts, *size)).await?;
            shops.stacks.push(stack);
        }
        if let Some(last) = shops.stacks.last_mut() {
            last.start_service(Service::User).await?;
            last.start_service(Service::ApiGateway).await?;
        }
        Ok(shops)
    }

    async fn stack(&self, binaries: &Path, texts: &Path, size: u32) -> Result<Stack> {
        // Nobody is refused for coming often, and the log of each request is no part of what is compared.
        let options = Options::from_env()?.without_catalogue();
        let mut options = options.set("RATE_LIMIT_SCALE", "100000").set("LOG_LEVEL", "warn");
        // The way through is measured, not what is kept on it.
        options = options.set("CACHE_MEGABYTES", "0");
        options.superuser_url = self.server.cluster.url("postgres");
        options.binaries = binaries.to_path_buf();
        let mut stack = Box::pin(Stack::prepare(options)).await?;
        let url = stack.database_url(Database::Products);
        let table = "CREATE UNLOGGED TABLE texts (number bigint, name text, description text, price bigint)";
        self.bare.run(&url, table).await?;
        self.bare.run(&url, &format!("\\copy texts FROM '{}'", texts.display())).await?;
        self.bare.run(&url, &format!("DELETE FROM texts WHERE number > {size}")).await?;
        let half = |part| {
            let mut command = self.bare.psql(&url);
            command.args(["-v", &format!("part={part}"), "-f"]);
            command.arg(self.server.folder.join("products.sql"));
            process::run(command)
        };
        std::fs::write(self.server.folder.join("products.sql"), include_str!("products.sql"))?;
        futures::try_join!(half(0), half(1)).context("filling a shop")?;
        self.bare.run(&url, include_str!("parts.sql")).await.context("filling a shop")?;
        stack.start_service(Service::Product).await?;
        Ok(stack)
    }

    /// Ends everything and removes it.
    ///
    /// # Errors
    /// A database or a folder cannot be removed.
    pub async fn close(self) -> Result<()> {
        for stack in self.stacks {
            stack.stop().await?;
        }
        self.server.stop().await
    }
}

/// The port of the emulator, by which its CPU is told apart.
///
/// # Errors
/// Its address has none.
pub fn emulator(stack: &Stack) -> Result<u16> {
    let port = stack.aws().endpoint.rsplit(':').next().and_then(|port| port.parse().ok());
    port.context("the emulator's address has no port")
}
