//! The gateway out of its image: it finds AWS by a name of `/etc/hosts` and a service by one of DNS, as on Fargate.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use localstack::images::{Container, Dns};
use localstack::process::{Console, Log, Process, run};
use localstack::{Service, Stack};
use nix::sys::signal::Signal;

use crate::commands::progress::step;

/// In `/etc/hosts`.
const AWS: &str = "aws.shop.internal";
/// In DNS.
const USER: &str = "user-service.shop.internal";
const START_PATIENCE: Duration = Duration::from_secs(30);
/// What ECS waits for an answer.
const HEALTH_PATIENCE: Duration = Duration::from_secs(5);
/// What a task is given between the request to end and being killed, and more than the program needs.
const STOP_PATIENCE: Duration = Duration::from_secs(15);

/// Starts it in `root`, asks it for its health and for something of the user service's, ends it.
pub async fn check(stack: &Stack, aws_endpoint: &str, root: PathBuf, log: &Path) -> Result<()> {
    let dns = Dns::start([(USER.to_owned(), Ipv4Addr::LOCALHOST)].into()).await?;
    let variables = variables(stack, aws_endpoint);
    let log = Log { file: log.to_path_buf(), console: Console::Silent };
    let _ = std::fs::remove_file(&log.file);

    let container = Container::new(root.clone(), &BTreeMap::new(), dns.address())?;
    step("without its /etc/hosts it does not start", async {
        let mut process = start(&container, &variables, &log)?;
        ensure!(wait_until_ready(stack, &mut process).await.is_err(), "it is ready without the name {AWS}");
        ensure!(dns.was_asked_for(AWS), "it did not ask for {AWS}: {}", process.obituary());
        Ok(((), String::new()))
    })
    .await?;

    let container = Container::new(root, &[(AWS.to_owned(), Ipv4Addr::LOCALHOST)].into(), dns.address())?;
    let mut process = start(&container, &variables, &log)?;
    step("ready, by a name of /etc/hosts", async {
        wait_until_ready(stack, &mut process).await?;
        Ok(((), user_and_rights(&process)?))
    })
    .await?;
    step("a service by a name of DNS", async {
        let url = format!("{}/.well-known/jwks.json", stack.base_url());
        let answer = reqwest::get(&url).await?;
        ensure!(answer.status().is_success(), "{url}: {}", answer.status());
        ensure!(dns.was_asked_for(USER), "nobody asked for {USER}");
        Ok(((), USER.to_owned()))
    })
    .await?;
    step("no shell", async {
        for shell in ["/bin/sh", "/bin/bash", "/bin/busybox"] {
            let outcome = run(container.program(shell)).await;
            // What chroot ends with when there is no such program; anything else says nothing about the image.
            let missing = outcome.is_err_and(|error| error.to_string().contains("ended with exit code 127"));
            ensure!(missing, "{shell} can be run in the image");
        }
        Ok(((), String::new()))
    })
    .await?;
    step("/service healthcheck", async {
        ensure!(is_healthy(&container, &variables, &log).await?, "it says otherwise: {}", log.file.display());
        Ok(((), String::new()))
    })
    .await?;
    step("SIGTERM", async {
        ensure!(
            process.stop(Signal::SIGTERM, STOP_PATIENCE).await,
            "it had to be killed after {STOP_PATIENCE:?}"
        );
        let status = process.ended().context("it has ended")?;
        ensure!(status.success(), "{}", process.obituary());
        Ok(((), String::new()))
    })
    .await?;
    step("/service healthcheck, when nothing answers", async {
        let healthy = is_healthy(&container, &variables, &log).await?;
        ensure!(!healthy, "it finds a service healthy that has ended");
        Ok(((), String::new()))
    })
    .await
}

/// What a stack tells the gateway, with names in place of addresses.
fn variables(stack: &Stack, aws_endpoint: &str) -> BTreeMap<String, String> {
    let mut variables = stack.env(Service::ApiGateway);
    let named = |url: &str, name: &str| url.replacen("127.0.0.1", name, 1);
    variables.insert("AWS_ENDPOINT_URL".to_owned(), named(aws_endpoint, AWS));
    variables.insert(Service::User.url_variable().to_owned(), named(&stack.url(Service::User), USER));
    variables
}

fn start(container: &Container, variables: &BTreeMap<String, String>, log: &Log) -> Result<Process> {
    Process::start("api-gateway", container.service(&[], variables), log, Signal::SIGKILL)
}

/// What ECS runs in the container to ask it for its health.
async fn is_healthy(container: &Container, variables: &BTreeMap<String, String>, log: &Log) -> Result<bool> {
    let command = container.service(&["healthcheck"], variables);
    let mut process = Process::start("healthcheck", command, log, Signal::SIGKILL)?;
    let deadline = Instant::now() + HEALTH_PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = process.ended() {
            return Ok(status.success());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bail!("/service healthcheck has not ended after {HEALTH_PATIENCE:?}")
}

async fn wait_until_ready(stack: &Stack, process: &mut Process) -> Result<()> {
    let url = format!("{}/health/ready", stack.base_url());
    let deadline = Instant::now() + START_PATIENCE;
    loop {
        if process.ended().is_some() || Instant::now() > deadline {
            bail!("{}", process.obituary());
        }
        if reqwest::get(&url).await.is_ok_and(|answer| answer.status() == reqwest::StatusCode::OK) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// As the kernel sees the process: whose it is, that it has no capability, and that nothing of its root can be written.
fn user_and_rights(process: &Process) -> Result<String> {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", process.id()));
    let status = read("status").context("reading the process's status")?;
    let value = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let ids = |name: &str| value(name).split_whitespace().all(|id| id == "65532");
    ensure!(ids("Uid:") && ids("Gid:"), "it runs as {} and {}", value("Uid:"), value("Gid:"));
    ensure!(value("Groups:").trim().is_empty(), "it is in the groups {}", value("Groups:"));
    ensure!(value("CapEff:").trim().bytes().all(|digit| digit == b'0'), "it has {}", value("CapEff:"));
    let mounts = read("mounts").context("reading the process's mounts")?;
    let root = mounts.lines().find(|line| line.split(' ').nth(1) == Some("/")).unwrap_or_default();
    let options = root.split(' ').nth(3).unwrap_or_default();
    ensure!(options.split(',').any(|option| option == "ro"), "its root can be written to: {root:?}");
    Ok("as 65532:65532, without capabilities, its root read-only".to_owned())
}
