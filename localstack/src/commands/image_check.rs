//! `image-check`: an image of the gateway is looked into, pushed, and run as a container would be.

mod contents;
mod running;

use anyhow::{Result, ensure};
use localstack::ground::{self, Ground};
use localstack::images::{self, Archive, Image, LoopbackRegistry, Registry, Revision};
use localstack::lambda::deployed_name;
use localstack::paths::Checkout;
use localstack::tools::Buildah;
use localstack::{Options, Service, Stack};
use nix::unistd::Uid;

use super::exec;
use super::progress::step;

/// It needs no database of its own, and calls services by their names.
const SERVICE: Service = Service::ApiGateway;

/// All of it, with debug builds: what an image holds does not depend on how fast its program is.
pub async fn run(checkout: &Checkout) -> Result<u8> {
    ensure!(Uid::effective().is_root(), "only root can enter an image: run `make image-check` as root");
    let buildah = Buildah::find(&ground::folder(checkout).join("buildah"))?;
    let binaries = exec::build(checkout, false).await?;
    let revision = Revision::of(checkout).await?;
    let image = step("image", async {
        let archives = buildah.store().join("archives");
        let image = images::build(checkout, &buildah, SERVICE, &binaries, &revision, &archives).await?;
        let digest = image.digest.clone();
        Ok((image, digest))
    })
    .await?;
    let loaded = image.archive.load(&buildah).await?;
    contents::check(checkout, &buildah, &loaded).await?;
    push(&buildah, &image, &loaded).await?;

    let ground = exec::start(checkout).await?;
    let options = Options {
        superuser_url: ground.database_url(),
        aws_endpoint: ground.aws_endpoint(),
        binaries,
        ..Options::here(checkout).without_catalogue()
    };
    let outcome = on_ground(&buildah, &loaded, options, &ground).await;
    ground.stop().await?;
    outcome.map(|()| 0)
}

async fn on_ground(buildah: &Buildah, loaded: &str, options: Options, ground: &Ground) -> Result<()> {
    let logs = options.logs.clone();
    let mut stack = step("databases, resources, the user service", async {
        let mut stack = Box::pin(Stack::prepare(options)).await?;
        stack.start_service(Service::User).await?;
        Ok((stack, String::new()))
    })
    .await?;
    let root = Archive::mount(buildah, loaded).await?;
    let outcome = running::check(&stack, &ground.aws_endpoint(), root, &logs.join("image-check.log")).await;
    stack.terminate(Service::User).await;
    stack.stop().await?;
    outcome
}

/// The tag of a commit is pushed again when a workflow is: the registry must give what it gave.
async fn push(buildah: &Buildah, image: &Image, loaded: &str) -> Result<()> {
    step("push, twice", async {
        let server = LoopbackRegistry::start(&buildah.store().join("registry")).await?;
        let registry = Registry::at(&server.host(), "shop");
        let first = registry.push(buildah, loaded, SERVICE, "trial").await?;
        let second = registry.push(buildah, loaded, SERVICE, "trial").await?;
        let there = server.digest(&format!("shop/{}", deployed_name(SERVICE)), "trial").await?;
        ensure!(
            [&first, &second, &there].into_iter().all(|digest| *digest == image.digest),
            "four digests that should be one: {} in the archive, {first} and {second} pushed, {there} there",
            image.digest
        );
        Ok(((), there))
    })
    .await
}
