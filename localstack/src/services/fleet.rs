//! The running services of a stack.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use futures::future::{join_all, try_join_all};
use nix::sys::signal::Signal;

use super::{Service, Setup};
use crate::process::{self, Console, Log, Process};

/// How long a service may take to become ready.
const START_PATIENCE: Duration = Duration::from_mins(1);
/// How long it may take to drain when it is told to end.
pub const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Where the services' output goes.
#[derive(Debug, Clone)]
pub struct Logs {
    /// `NAME.log` is written here.
    pub folder: PathBuf,
    /// Whether it is shown as well.
    pub shown: bool,
}

/// The services of a stack, each on the same port for as long as the stack lives. Dropping it kills them.
#[derive(Debug)]
pub struct Fleet {
    binaries: PathBuf,
    logs: Logs,
    setup: Setup,
    running: BTreeMap<Service, Process>,
}

impl Fleet {
    /// A fleet of which nothing runs yet. `binaries` is the folder of the built programs.
    #[must_use]
    pub fn new(binaries: PathBuf, logs: Logs, setup: Setup) -> Self {
        Self { binaries, logs, setup, running: BTreeMap::new() }
    }

    /// What the services are told.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Changes a variable of all services, or leaves it to the setup again; a service hears of it at its next start.
    pub fn tell(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.setup.overrides.insert(name.to_owned(), value.to_owned()),
            None => self.setup.overrides.remove(name),
        };
    }

    /// The folder of the log files, `NAME.log`.
    #[must_use]
    pub fn logs(&self) -> &Path {
        &self.logs.folder
    }

    /// Runs `migrate` of each service that has a database.
    ///
    /// # Errors
    /// A binary is missing, or a migration fails.
    pub async fn migrate(&self) -> Result<()> {
        let services = Service::ALL.into_iter().filter(|service| service.database().is_some());
        try_join_all(services.map(|service| self.run_role(service, "migrate", &[], None))).await?;
        Ok(())
    }

    /// Runs a service's one-off role to its end: `variables` over its environment, `input` on standard input.
    ///
    /// # Errors
    /// The binary is missing, or fails; its output is in the message.
    pub async fn run_role(
        &self,
        service: Service,
        role: &str,
        variables: &[(&str, &str)],
        input: Option<String>,
    ) -> Result<String> {
        let mut command = self.command(service)?;
        command.envs(self.setup.environment_for_role(service, role)).envs(variables.iter().copied());
        process::run_with_input(command, input).await.with_context(|| format!("{service}: ROLE={role}"))
    }

    /// Starts all services and waits until each is ready.
    ///
    /// # Errors
    /// One does not become ready; the message holds its last lines.
    pub async fn start_all(&mut self) -> Result<()> {
        for service in Service::ALL {
            self.launch(service)?;
        }
        for service in Service::ALL {
            self.wait_until_ready(service).await?;
        }
        Ok(())
    }

    /// Starts one service, on the port that it always has, and waits until it is ready.
    ///
    /// # Errors
    /// It does not become ready; the message holds its last lines.
    pub async fn start(&mut self, service: Service) -> Result<()> {
        self.launch(service)?;
        self.wait_until_ready(service).await
    }

    /// Starts one service if it does not run. Does not wait for it.
    ///
    /// # Errors
    /// The binary is missing.
    pub fn launch(&mut self, service: Service) -> Result<()> {
        if self.is_running(service) {
            return Ok(());
        }
        let mut command = self.command(service)?;
        command.envs(self.setup.environment(service));
        let console = if self.logs.shown { Console::Shown(service.colour()) } else { Console::Silent };
        let log = Log { file: self.logs.folder.join(format!("{service}.log")), console };
        let process = Process::start(service.name(), command, &log, Signal::SIGKILL)?;
        self.running.insert(service, process);
        Ok(())
    }

    /// Waits for `GET /health/ready` of one service to be 200.
    ///
    /// # Errors
    /// It ends, or is not ready after a minute; the message holds its last lines.
    pub async fn wait_until_ready(&mut self, service: Service) -> Result<()> {
        let url = self.setup.places.url(service);
        let Some(process) = self.running.get_mut(&service) else { bail!("{service} was not started") };
        until_ready(process, service, &url).await
    }

    /// Starts one more instance of a service, on these ports of its API and its figures. Does not wait for it.
    ///
    /// # Errors
    /// The binary is missing.
    pub fn launch_another(&self, service: Service, (port, admin): (u16, u16)) -> Result<Process> {
        let mut command = self.command(service)?;
        command.envs(self.setup.environment(service));
        command.env("PORT", port.to_string()).env("ADMIN_PORT", admin.to_string());
        let file = self.logs.folder.join(format!("{service}-{port}.log"));
        Process::start(service.name(), command, &Log { file, console: Console::Silent }, Signal::SIGKILL)
    }

    /// Kills a service at once (SIGKILL), as a crash would.
    pub fn kill(&mut self, service: Service) {
        self.running.remove(&service);
    }

    /// Asks a service to end (SIGTERM) and waits. True if it drained by itself, false if it had to be killed.
    pub async fn terminate(&mut self, service: Service) -> bool {
        match self.running.remove(&service) {
            Some(mut process) => process.stop(Signal::SIGTERM, STOP_PATIENCE).await,
            None => true,
        }
    }

    /// The same for several at once. True if all of them drained by themselves.
    pub async fn terminate_all(&mut self, services: &[Service]) -> bool {
        let processes: Vec<Process> =
            services.iter().filter_map(|service| self.running.remove(service)).collect();
        let ended =
            processes.into_iter().map(async |mut process| process.stop(Signal::SIGTERM, STOP_PATIENCE).await);
        join_all(ended).await.into_iter().all(|drained| drained)
    }

    /// Ends all, the gateway first, so that nobody is sent to a service that is gone.
    pub async fn stop(&mut self) {
        self.terminate(Service::ApiGateway).await;
        let rest = std::mem::take(&mut self.running);
        join_all(
            rest.into_values().map(async |mut process| process.stop(Signal::SIGTERM, STOP_PATIENCE).await),
        )
        .await;
    }

    /// Whether the process lives.
    pub fn is_running(&mut self, service: Service) -> bool {
        self.running.get_mut(&service).is_some_and(|process| process.ended().is_none())
    }

    /// Takes out the services that ended by themselves, each with a sentence on how.
    pub fn take_ended(&mut self) -> Vec<(Service, String)> {
        let ended: Vec<Service> = Service::ALL
            .into_iter()
            .filter(|service| self.running.get_mut(service).is_some_and(|process| process.ended().is_some()))
            .collect();
        let obituary =
            |service| self.running.remove(&service).map(|mut process| (service, process.obituary()));
        ended.into_iter().filter_map(obituary).collect()
    }

    fn command(&self, service: Service) -> Result<Command> {
        let program = self.binaries.join(service.name());
        if !process::is_executable(&program) {
            bail!("{} is not there: build it with `cargo build -p {service}`", program.display());
        }
        let mut command = Command::new(program);
        // A service reads only what it is told here, not what the developer's shell happens to hold.
        for name in
            ["DATABASE_URL", "REDIS_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API"]
        {
            command.env_remove(name);
        }
        Ok(command)
    }
}

/// Waits for `GET /health/ready` of a service at `base` to be 200.
///
/// # Errors
/// It ends, or is not ready after a minute; the message holds its last lines.
pub async fn until_ready(process: &mut Process, service: Service, base: &str) -> Result<()> {
    let url = format!("{base}/health/ready");
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build()?;
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        if process.ended().is_some() {
            bail!("{}\n{}", process.obituary(), what_to_do(service));
        }
        let answer = client.get(&url).send().await;
        if answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            return Ok(());
        }
        if Instant::now() > deadline {
            let seen = answer.map_or_else(|error| error.to_string(), |answer| answer.status().to_string());
            let obituary = process.obituary();
            bail!(
                "{service} is not ready after {START_PATIENCE:?} ({seen}).\n{obituary}\n{}",
                what_to_do(service)
            );
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn what_to_do(service: Service) -> String {
    format!("`make doctor` looks for the cause; after a change in the code: `make restart S={service}`.")
}
