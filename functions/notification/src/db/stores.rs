//! The tables of what staff write and people choose, by the names that an environment gives them.

use aws_config::SdkConfig;

use super::{Devices, MailHealth, Suppressions, Templates, Wishes};

/// All of them.
#[derive(Debug, Clone)]
pub struct Stores {
    /// What staff have written.
    pub templates: Templates,
    /// What people want.
    pub wishes: Wishes,
    /// Where push messages go.
    pub devices: Devices,
    /// Who is written to no more.
    pub suppressions: Suppressions,
    /// How mails are received.
    pub mail_health: MailHealth,
}

impl Stores {
    /// With `prefix` before each logical name (`RESOURCE_PREFIX`).
    #[must_use]
    pub fn new(config: &SdkConfig, prefix: &str) -> Self {
        let table = |logical: &str| format!("{prefix}{logical}");
        Self {
            templates: Templates::new(config, table(Templates::TABLE)),
            wishes: Wishes::new(config, table(Wishes::TABLE)),
            devices: Devices::new(config, table(Devices::TABLE)),
            suppressions: Suppressions::new(config, table(Suppressions::TABLE)),
            mail_health: MailHealth::new(config, table(MailHealth::TABLE)),
        }
    }
}
