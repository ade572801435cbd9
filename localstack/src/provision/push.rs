//! SNS platform applications, where the shop's apps are known. The emulator takes any credential.

use anyhow::{Context as _, Result};
use cartwright_contracts::Names;

use crate::aws::Aws;

/// Making one that is there changes nothing.
pub(super) async fn application(aws: &Aws, names: &Names, platform: &str, logical: &str) -> Result<()> {
    let request = aws.sns.create_platform_application().name(names.of(logical)).platform(platform);
    let request = request.attributes("PlatformCredential", "local").attributes("PlatformPrincipal", "local");
    request.send().await.with_context(|| format!("making the platform application {logical}"))?;
    Ok(())
}
