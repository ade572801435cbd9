//! The tables of an environment, by the names that it gives them. One client asks them all: each that is made reads the
//! endpoints of every region, which a start would wait for.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;

use super::{Contents, Devices, MailHealth, Notifications, Suppressions, Templates, Wishes};

/// All of them.
#[derive(Debug, Clone)]
pub struct Stores {
    /// What was said, when, and how it went.
    pub notifications: Notifications,
    /// What it says.
    pub contents: Contents,
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
        let client = Client::new(config);
        let table = |logical: &str| format!("{prefix}{logical}");
        Self {
            notifications: Notifications::new(client.clone(), table(Notifications::TABLE)),
            contents: Contents::new(client.clone(), table(Contents::TABLE)),
            templates: Templates::new(client.clone(), table(Templates::TABLE)),
            wishes: Wishes::new(client.clone(), table(Wishes::TABLE)),
            devices: Devices::new(client.clone(), table(Devices::TABLE)),
            suppressions: Suppressions::new(client.clone(), table(Suppressions::TABLE)),
            mail_health: MailHealth::new(client, table(MailHealth::TABLE)),
        }
    }
}
