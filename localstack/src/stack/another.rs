//! One more instance of a service.

use anyhow::{Context as _, Result};
use nix::sys::signal::Signal;

use super::Stack;
use crate::ports::Port;
use crate::process::Process;
use crate::services::{STOP_PATIENCE, Service, until_ready};

/// One more instance of a service of a stack, on a port of its own. Dropping it kills it.
#[derive(Debug)]
pub struct Another {
    service: Service,
    port: Port,
    admin: Port,
    process: Option<Process>,
}

impl Another {
    /// Holds its ports. Nothing runs yet: those who are to call it are told of it first, with [`Stack::tell`].
    ///
    /// # Errors
    /// No port is free.
    pub fn of(service: Service) -> Result<Self> {
        Ok(Self { service, port: Port::any()?, admin: Port::any()?, process: None })
    }

    /// Where it is reached.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port.number())
    }

    /// Starts it, as the service of `stack` is started, and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready; the message holds its last lines.
    pub async fn start(&mut self, stack: &Stack) -> Result<()> {
        let ports = (self.port.number(), self.admin.number());
        let mut process = stack.fleet.launch_another(self.service, ports)?;
        until_ready(&mut process, self.service, &self.url()).await?;
        self.process = Some(process);
        Ok(())
    }

    /// Asks it to end (SIGTERM) and waits; true if it drained by itself.
    pub async fn terminate(&mut self) -> bool {
        match self.process.take() {
            Some(mut process) => process.stop(Signal::SIGTERM, STOP_PATIENCE).await,
            None => true,
        }
    }

    /// The service that it is one of.
    #[must_use]
    pub const fn service(&self) -> Service {
        self.service
    }
}

impl Stack {
    /// Asks services to end (SIGTERM), all at once, and waits; true if all drained by themselves.
    pub async fn terminate_all(&mut self, services: &[Service]) -> bool {
        self.fleet.terminate_all(services).await
    }

    /// Starts the services that [`Stack::prepare`] did not, and waits until each is ready.
    ///
    /// # Errors
    /// One does not become ready; the message holds its last lines.
    pub async fn start_services(&mut self) -> Result<()> {
        self.fleet.start_all().await.context("starting the services")
    }
}
