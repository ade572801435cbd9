//! Devices, wishes and suppressions of somebody who is gone.

use cartwright_types::UserId;
use thiserror::Error;

use crate::clients::{PlatformError, Platforms};
use crate::db::{Devices, StoreError, Stores, Suppressions, Wishes};
use crate::domain::Device;

/// What is kept of a person beside what was said to them.
#[derive(Debug, Clone)]
pub struct Choices {
    /// What they want.
    pub wishes: Wishes,
    /// Where push messages go.
    pub devices: Devices,
    /// Where their devices are known.
    pub platforms: Platforms,
    /// Whether they are written to.
    pub suppressions: Suppressions,
}

impl Choices {
    /// In these tables and at these platforms.
    #[must_use]
    pub fn new(stores: &Stores, platforms: Platforms) -> Self {
        Self {
            wishes: stores.wishes.clone(),
            devices: stores.devices.clone(),
            platforms,
            suppressions: stores.suppressions.clone(),
        }
    }
}

/// Why it is not over yet.
#[derive(Debug, Error)]
pub enum ForgetChoicesError {
    /// A table does not answer.
    #[error("what somebody chose could not be removed")]
    Store(#[from] StoreError),
    /// SNS does not answer.
    #[error("a device could not be removed")]
    Platform(#[from] PlatformError),
}

/// Removes all of it. May be repeated.
///
/// # Errors
/// See [`ForgetChoicesError`].
pub async fn forget_choices(choices: &Choices, user: UserId) -> Result<(), ForgetChoicesError> {
    for device in choices.devices.of_user(user).await? {
        forget_device(&choices.devices, &choices.platforms, &device).await?;
    }
    for suppression in choices.suppressions.of_user(user).await? {
        choices.suppressions.lift(suppression.id).await?;
    }
    Ok(choices.wishes.forget(user).await?)
}

/// Removes a device, at SNS first: what is gone here and not there could not be found again.
///
/// # Errors
/// See [`ForgetChoicesError`].
pub async fn forget_device(
    devices: &Devices,
    platforms: &Platforms,
    device: &Device,
) -> Result<(), ForgetChoicesError> {
    platforms.remove(&device.endpoint_arn).await?;
    devices.remove(device.id, device.user_id).await?;
    Ok(())
}
