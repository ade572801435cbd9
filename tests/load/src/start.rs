//! How fast a service answers after it was executed, how much memory it holds idle, and how large it is; beside the least
//! that an axum program is.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use localstack::{Options, Service, Stack};
use serde_json::json;

use crate::report::{Report, spread};

/// A program that does not answer by then has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Between two tries to connect: short against what is measured.
const RETRY: Duration = Duration::from_micros(200);
/// How long a service is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(5);
/// The bare program.
const HELLO: &str = "hello";

/// Something to start.
struct Program {
    name: &'static str,
    binary: PathBuf,
    environment: BTreeMap<String, String>,
    port: u16,
    /// Milliseconds to the first answer, a round each.
    first_answer: Vec<f64>,
    /// MiB.
    idle_memory: f64,
    /// MB.
    size: f64,
}

/// Starts each service of the folder `binaries`, and `hello`, `rounds` times in turn; prints a table and fills a report.
/// PostgreSQL and the emulator are those of [`Options::from_env`].
///
/// # Errors
/// A program does not start or does not answer.
pub async fn bench(binaries: &Path, rounds: usize) -> Result<Report> {
    let mut options = Options::from_env()?.without_catalogue();
    options.binaries = binaries.to_path_buf();
    let stack = Box::pin(Stack::prepare(options)).await?;
    let outcome = tokio::task::block_in_place(|| measure(&stack, binaries, rounds));
    stack.stop().await?;
    outcome
}

fn measure(stack: &Stack, binaries: &Path, rounds: usize) -> Result<Report> {
    let mut programs = vec![hello(binaries)?];
    for service in Service::ALL {
        programs.push(service_program(stack, binaries, service)?);
    }
    for _ in 0..rounds {
        for program in &mut programs {
            let started = Instant::now();
            let mut child = program.start()?;
            let answered = program.wait(&mut child, started);
            end(child)?;
            program.first_answer.push(answered?.as_secs_f64() * 1e3);
        }
    }
    for program in &mut programs {
        let mut child = program.start()?;
        program.wait(&mut child, Instant::now())?;
        sleep(IDLE);
        program.idle_memory = resident(&child)?;
        end(child)?;
        program.size = stripped_size(&program.binary)?;
    }
    print(&programs);
    Ok(report(&programs))
}

fn hello(binaries: &Path) -> Result<Program> {
    let port = localstack::ports::Port::any()?.number();
    let environment = BTreeMap::from([("PORT".to_owned(), port.to_string())]);
    Ok(Program::new(HELLO, binaries.join(HELLO), environment, port))
}

fn service_program(stack: &Stack, binaries: &Path, service: Service) -> Result<Program> {
    let environment = stack.env(service);
    let port = environment["PORT"].parse().context("PORT is a number")?;
    Ok(Program::new(service.name(), binaries.join(service.name()), environment, port))
}

impl Program {
    fn new(name: &'static str, binary: PathBuf, environment: BTreeMap<String, String>, port: u16) -> Self {
        Self { name, binary, environment, port, first_answer: Vec::new(), idle_memory: 0.0, size: 0.0 }
    }

    fn start(&self) -> Result<Child> {
        Command::new(&self.binary)
            .env_clear()
            .envs(&self.environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("starting {}: build it for release first", self.binary.display()))
    }

    /// From `started` to the first answer with 200.
    fn wait(&self, child: &mut Child, started: Instant) -> Result<Duration> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        loop {
            if let Ok(mut stream) = TcpStream::connect(address) {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.write_all(
                    b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
                )?;
                let mut head = [0; 12];
                stream.read_exact(&mut head)?;
                let took = started.elapsed();
                ensure!(head.ends_with(b"200"), "{}: {}", self.name, String::from_utf8_lossy(&head));
                return Ok(took);
            }
            if let Some(status) = child.try_wait()? {
                bail!("{} ended: {status}", self.name);
            }
            ensure!(started.elapsed() < PATIENCE, "{} does not answer", self.name);
            sleep(RETRY);
        }
    }
}

fn end(mut child: Child) -> Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// MiB that the process holds.
fn resident(child: &Child) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kib / 1024.0)
}

/// MB of the program without its symbols.
fn stripped_size(binary: &Path) -> Result<f64> {
    let stripped = binary.with_extension("stripped");
    let status = Command::new("strip").arg("-o").arg(&stripped).arg(binary).status();
    ensure!(status.context("strip is missing: install binutils")?.success(), "strip failed");
    let size = fs::metadata(&stripped)?.len();
    fs::remove_file(&stripped)?;
    #[expect(clippy::cast_precision_loss, reason = "a file has far fewer bytes than 2^52")]
    let bytes = size as f64;
    Ok(bytes / 1e6)
}

fn print(programs: &[Program]) {
    let (hello, ..) = spread(&programs[0].first_answer);
    println!(
        "{:<14} {:>24} {:>9} {:>12} {:>14}",
        "", "first answer, ms", "÷ hello", "idle, MiB", "stripped, MB"
    );
    for program in programs {
        let (median, least, most) = spread(&program.first_answer);
        let answer = format!("{median:.1} ({least:.1}-{most:.1})");
        let (name, ratio) = (program.name, median / hello);
        println!("{name:<14} {answer:>24} {ratio:>9.1} {:>12.1} {:>14.1}", program.idle_memory, program.size);
    }
}

fn report(programs: &[Program]) -> Report {
    let mut report = Report::default();
    let hello = programs[0].first_answer.clone();
    let mut worst: Vec<f64> = Vec::new();
    for program in programs {
        let ratios: Vec<f64> =
            program.first_answer.iter().zip(&hello).map(|(service, hello)| service / hello).collect();
        if program.name != HELLO {
            if spread(&ratios).0 > spread(&worst).0 || worst.is_empty() {
                worst.clone_from(&ratios);
            }
            report.ratio(format!("{}_first_answer_vs_hello", program.name.replace('-', "_")), ratios);
        }
        report.raw(json!({
            "program": program.name,
            "first_answer_ms": program.first_answer,
            "idle_memory_mib": program.idle_memory,
            "stripped_mb": program.size,
        }));
    }
    report.ratio("first_answer_vs_hello", worst);
    report
}
