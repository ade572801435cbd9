//! The verbs of the Makefile.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};
use localstack::Service;
use localstack::paths::Checkout;

use commands::dead_letters::Which;
use commands::dev::Wishes;
use commands::lambda::{Profile, Runtime};
use commands::push::Destination;
use commands::secrets::{Rotation, Whose};

/// Runs Cartwright on this machine: PostgreSQL, the AWS emulator and the five services.
#[derive(Debug, Parser)]
#[command(name = "localstack")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Builds and runs everything until Ctrl-C.
    Dev(Wishes),
    /// Ends a running `dev`.
    Stop,
    /// Removes all data of `dev`; what was installed stays.
    Reset,
    /// Builds and restarts one service of a running `dev`.
    Restart {
        /// The service, as `order`.
        service: Service,
    },
    /// Opens psql on a service's database, as its superuser.
    Psql {
        /// The service, as `order`.
        service: Service,
        /// Further arguments for psql.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Looks at tools, ports and a running stack, and says what to do about each problem.
    Doctor,
    /// Makes the first administrator, who gets a one-time link by mail.
    Admin {
        /// The address.
        email: String,
    },
    /// Runs the tests with a PostgreSQL and an emulator of their own.
    Test {
        /// Arguments for `cargo nextest run`, as `-E 'package(order)'`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Holds the OpenAPI document against the API's contract and the calls of the last whole `test`, and lints it.
    Contract,
    /// Makes requests from the OpenAPI document, against a shop of its own.
    Schemathesis {
        /// Arguments for it, as `--seed 7 --seconds 60`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Runs a command with a PostgreSQL and an emulator of its own.
    Exec {
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Buys something through the gateway, of the running stack or of one made for it.
    Demo {
        /// How the services run: `process` or `lambda`, which is always a stack made for it.
        #[arg(long, default_value = "process")]
        runtime: Runtime,
        /// Which build of the services `lambda` runs: `debug` or `release`.
        #[arg(long, default_value = "debug")]
        profile: Profile,
        /// Arguments for the demo program.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Builds the services for release and zips each to `target/lambda/NAME.zip`.
    Lambda,
    /// Builds container images and lists of what is in them to `target/images/`.
    Images {
        /// The service, as `order`; all without it.
        #[arg(long)]
        service: Option<Service>,
        /// Which build of the services.
        #[arg(long, default_value = "release")]
        profile: Profile,
    },
    /// Pushes the images of `target/images/` to a registry.
    Push {
        /// The service, as `order`; all without it.
        #[arg(long)]
        service: Option<Service>,
        #[command(flatten)]
        destination: Destination,
    },
    /// Gives values to the secrets that Terraform made empty.
    SecretsInit(Whose),
    /// Changes the keys that access tokens are signed with.
    RotateKeys(Rotation),
    /// Moves the dead letters of a queue back to it.
    Redrive(Which),
    /// Shows the dead letters of a queue.
    DlqPeek {
        #[command(flatten)]
        which: Which,
        /// How many at most.
        #[arg(long, default_value_t = 20)]
        most: usize,
    },
    /// Holds what the services called of AWS in the last whole `test` against what Terraform allows them.
    IamCheck,
    /// Applies `terraform/environments/local` to an emulator of its own, plans again, and destroys it.
    TerraformApplyLocal,
    /// Looks into an image, pushes it to a registry on this machine and runs its program out of it.
    ImageCheck,
    /// Writes the `.sqlx` folders anew from the migrations and queries.
    Sqlx {
        /// Writes nothing and fails if a file is stale.
        #[arg(long)]
        check: bool,
    },
}

#[tokio::main]
async fn main() -> ! {
    let code = match run(Arguments::parse().verb).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nlocalstack: {error:#}");
            1
        }
    };
    // Not by returning: that would wait for work in the background that was given up, an installation for example.
    std::process::exit(i32::from(code))
}

async fn run(verb: Verb) -> Result<u8> {
    let checkout = Checkout::find()?;
    match verb {
        Verb::Dev(wishes) => commands::dev::run(&checkout, &wishes).await,
        Verb::Stop => commands::stop::run(&checkout).await,
        Verb::Reset => commands::stop::reset(&checkout).await,
        Verb::Restart { service } => commands::remote::restart(&checkout, service).await,
        Verb::Admin { email } => commands::remote::admin(&checkout, &email).await,
        Verb::Psql { service, arguments } => commands::psql::run(&checkout, service, &arguments).await,
        Verb::Doctor => commands::doctor::run(&checkout).await,
        Verb::Test { arguments } => commands::test::run(&checkout, &arguments).await,
        Verb::Contract => commands::contract::run(&checkout).await,
        Verb::Schemathesis { arguments } => commands::contract::schemathesis(&checkout, &arguments).await,
        Verb::Exec { command } => commands::exec::run(&checkout, &command).await,
        Verb::Demo { runtime: Runtime::Process, arguments, .. } => {
            commands::demo::run(&checkout, &arguments).await
        }
        Verb::Demo { runtime: Runtime::Lambda, profile, arguments } => {
            commands::lambda::demo(&checkout, profile, &arguments).await
        }
        Verb::SecretsInit(whose) => commands::secrets::init(&whose).await,
        Verb::RotateKeys(rotation) => commands::secrets::rotate(&checkout, &rotation).await,
        Verb::Lambda => commands::lambda::zips(&checkout).await,
        Verb::Images { service, profile } => {
            commands::images::run(&checkout, &chosen(service), profile).await
        }
        Verb::Push { service, destination } => {
            commands::push::run(&checkout, &chosen(service), &destination).await
        }
        Verb::Redrive(which) => commands::dead_letters::redrive(&checkout, &which).await,
        Verb::DlqPeek { which, most } => commands::dead_letters::peek(&checkout, &which, most).await,
        Verb::IamCheck => commands::iam::run(&checkout).await,
        Verb::TerraformApplyLocal => commands::terraform_apply::run(&checkout).await,
        Verb::ImageCheck => commands::image_check::run(&checkout).await,
        Verb::Sqlx { check } => commands::sqlx::run(&checkout, check).await,
    }
}

fn chosen(service: Option<Service>) -> Vec<Service> {
    service.map_or_else(|| Service::ALL.to_vec(), |service| vec![service])
}
