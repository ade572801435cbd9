//! A shop that may be damaged: servers, services and books of its own.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use localstack::ground::Ground;
use localstack::paths::Checkout;
use localstack::{Options, Service, Stack};

use crate::books::Books;
use crate::till::Till;

/// The shop. [`Shop::close`] removes all of it; dropped, it leaves its logs.
pub struct Shop {
    /// The services.
    pub stack: Stack,
    /// What they wrote.
    pub books: Books,
    /// PostgreSQL and the AWS emulator; after the services, so that it is dropped after them.
    pub ground: Ground,
}

impl Shop {
    /// Starts all of it.
    ///
    /// # Errors
    /// Something does not come up.
    pub async fn open() -> Result<Self> {
        let ground = Ground::start_killable(&Checkout::find()?).await?;
        let mut options = Options::on(&ground)?
            .set("ORDER_EXPIRY_SECONDS", "15")
            .set("RECONCILE_INTERVAL_SECONDS", "2")
            .set("SENDING_LEASE_SECONDS", "10")
            .set("RATE_LIMIT_SCALE", "1000");
        if std::env::var_os("LOG_LEVEL").is_none() {
            // A line for each request and message of ten thousand orders is for nobody to read.
            "warn".clone_into(&mut options.log_level);
        }
        let till = Arc::new(Till::open().await);
        for (name, value) in till.settings() {
            options = options.set(name, &value);
        }
        let stack = Stack::start(options).await?;
        till.tell(&stack.base_url());
        let books = Books::of(&stack, till).await?;
        Ok(Self { stack, books, ground })
    }

    /// Kills a service and starts it again after `pause`.
    ///
    /// # Errors
    /// It does not come back.
    pub async fn kill(&mut self, service: Service, pause: std::time::Duration) -> Result<()> {
        self.stack.kill(service);
        tokio::time::sleep(pause).await;
        self.stack.start_service(service).await.with_context(|| format!("{service} does not come back"))
    }

    /// Fails if a service has ended by itself: none may, whatever it depends on does.
    ///
    /// # Errors
    /// One has.
    pub async fn nobody_fell(&mut self) -> Result<()> {
        let fallen = self.stack.revive().await?;
        anyhow::ensure!(fallen.is_empty(), "ended by themselves: {fallen:?}");
        Ok(())
    }

    /// Ends services and servers and removes their data and logs.
    ///
    /// # Errors
    /// Something cannot be removed.
    pub async fn close(self) -> Result<()> {
        self.stack.stop().await?;
        self.ground.stop().await
    }
}
