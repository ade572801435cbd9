//! The checks of plans that need the built programs or the record of a test run.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, ensure};
use cartwright_contracts::resources;
use clap::{Parser, Subcommand};
use deployment::{Plan, calls, environment, example, permissions, programs, rights, rules, values};

#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Holds plans against the rules and the programs, and `.env.example` against the programs.
    Plans {
        /// Folder of the built programs.
        #[arg(long)]
        programs: PathBuf,
        /// `.env.example`
        #[arg(long)]
        example: PathBuf,
        /// `ENVIRONMENT=FILE`, as `terraform show -json` wrote it.
        #[arg(required = true, value_parser = named)]
        plans: Vec<(String, PathBuf)>,
    },
    /// Looks for secrets and for other variables than said in a plan of what is applied, which knows every value.
    Applied {
        /// `ENVIRONMENT=FILE`
        #[arg(value_parser = named)]
        plan: (String, PathBuf),
    },
    /// Holds the plan of an environment against what the services called in a test run.
    Permissions {
        /// Folder of the records.
        #[arg(long)]
        calls: PathBuf,
        /// `ENVIRONMENT=FILE`
        #[arg(value_parser = named)]
        plan: (String, PathBuf),
    },
}

fn named(text: &str) -> Result<(String, PathBuf), String> {
    let (name, file) = text.split_once('=').ok_or("a plan is ENVIRONMENT=FILE")?;
    Ok((name.to_owned(), PathBuf::from(file)))
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().verb {
        Verb::Plans { programs, example, plans } => check_plans(&programs, &example, &plans),
        Verb::Applied { plan } => check_applied(&plan),
        Verb::Permissions { calls, plan } => check_permissions(&calls, &plan),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("deployment: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check_plans(folder: &Path, example: &Path, plans: &[(String, PathBuf)]) -> Result<()> {
    let read = programs::variables(folder)?;
    let text = std::fs::read_to_string(example).with_context(|| format!("reading {}", example.display()))?;
    let plans: Vec<Plan> = plans.iter().map(|(name, file)| Plan::read(name, file)).collect::<Result<_>>()?;
    // A root without programs, which bootstrap is, is held against the other rules only.
    let (shops, others): (Vec<Plan>, Vec<Plan>) =
        plans.into_iter().partition(|plan| !plan.variable("images").is_null());
    let mut broken: Vec<String> = shops.iter().chain(&others).flat_map(rules).collect();
    broken.extend(environment::check(&shops, &read));
    broken.extend(example::check(&text, &read));
    report(&broken)?;
    let counted: usize = shops.iter().map(|plan| plan.programs().len()).sum();
    println!(
        "{counted} programs in {} environments are told what their code reads, and no more",
        shops.len()
    );
    Ok(())
}

fn check_applied((name, file): &(String, PathBuf)) -> Result<()> {
    let plan = Plan::read(name, file)?;
    let (programs, runs) = (plan.programs(), plan.runs().len());
    ensure!(runs == programs.len(), "{} programs run, {runs} of them are known", programs.len());
    let mut broken = values::check(&plan);
    broken.extend(environment::differing_runs(&plan, &programs));
    report(&broken)?;
    println!("{runs} programs have no secret in their environment");
    Ok(())
}

fn check_permissions(folder: &Path, (name, file): &(String, PathBuf)) -> Result<()> {
    let uses = calls::read(folder)?;
    let allowed = rights::allowed(&Plan::read(name, file)?);
    let outcome = permissions::compare(&allowed, &uses, &resources().permissions);
    for line in &outcome.excused {
        println!("  unused   {line}");
    }
    report(&outcome.broken)?;
    let calls: u64 = uses.values().sum();
    println!(
        "{calls} calls are of {} kinds, all allowed; of {} rights {} are used, {} have a reason",
        uses.len(),
        allowed.uses.len(),
        outcome.used,
        outcome.excused.len()
    );
    Ok(())
}

fn report(broken: &[String]) -> Result<()> {
    for line in broken {
        println!("  BROKEN   {line}");
    }
    ensure!(broken.is_empty(), "{} rules of tests/deployment are broken", broken.len());
    Ok(())
}
