//! `images`: an OCI archive, a digest and a list of packages for each service.

use anyhow::{Result, bail};
use localstack::images::{self, Image, Revision};
use localstack::lambda::{architecture, deployed_name};
use localstack::paths::Checkout;
use localstack::tools::{Buildah, cyclonedx};
use localstack::{Service, cargo, ground};

use super::lambda::{Profile, mega};
use super::{exec, progress::step};

/// The largest image that is deployed, unpacked, in bytes: what is loaded at every start.
const LARGEST: u64 = 30_000_000;

/// Builds the programs and then the images of `services` to `target/images/`, and prints sizes and digests.
pub async fn run(checkout: &Checkout, services: &[Service], profile: Profile) -> Result<u8> {
    let buildah = Buildah::find(&ground::folder(checkout))?;
    let revision = Revision::of(checkout).await?;
    let binaries = match profile {
        Profile::Debug => exec::build(checkout, false).await?,
        Profile::Release => {
            step("release build", async {
                Ok((cargo::build_release_of(checkout, services).await?, String::new()))
            })
            .await?
        }
    };
    let folder = images::folder(checkout).await?;
    let built = step("images", async {
        let mut built = Vec::new();
        for service in services {
            built.push(images::build(checkout, &buildah, *service, &binaries, &revision, &folder).await?);
        }
        Ok((built, revision.name.clone()))
    })
    .await?;
    step("lists of packages", async {
        let tool = cyclonedx(checkout).await?;
        let counts = images::write_sboms(checkout, &tool, services, &folder).await?;
        Ok((
            (),
            counts.iter().map(|(service, count)| format!("{service} {count}")).collect::<Vec<_>>().join(", "),
        ))
    })
    .await?;
    print(&built);
    let large = too_large(&built);
    if matches!(profile, Profile::Release) && !large.is_empty() {
        bail!("over {:.0} MB unpacked: {}", mega(LARGEST), large.join(", "));
    }
    Ok(0)
}

fn print(images: &[Image]) {
    println!("\n  for {}, which is what this machine is, in target/images:", architecture());
    println!("  {:<22} {:>10} {:>10}  digest", "image", "compressed", "unpacked");
    for image in images {
        let (compressed, unpacked) = (mega(image.compressed), mega(image.unpacked));
        let name = deployed_name(image.service);
        println!("  {name:<22} {compressed:>7.1} MB {unpacked:>7.1} MB  {}", image.digest);
    }
}

fn too_large(images: &[Image]) -> Vec<String> {
    let large = images.iter().filter(|image| image.unpacked > LARGEST);
    large.map(|image| format!("{} {:.1} MB", deployed_name(image.service), mega(image.unpacked))).collect()
}

#[cfg(test)]
mod tests {
    use localstack::images::Archive;

    use super::*;

    #[test]
    fn an_image_of_thirty_megabytes_is_let_through_and_a_byte_more_is_named() {
        let image = |service, unpacked| Image {
            service,
            archive: Archive::at("x.tar".into()),
            digest: String::new(),
            compressed: 1,
            unpacked,
        };
        let images = [image(Service::User, 30_000_000), image(Service::Order, 30_000_001)];
        assert_eq!(too_large(&images), ["order-service 30.0 MB"]);
    }
}
