//! The address that mail comes from.

use anyhow::{Context as _, Result};

use aws_sdk_sesv2::operation::create_email_identity::CreateEmailIdentityError;

use crate::aws::Aws;

pub(super) async fn sender(aws: &Aws, address: &str) -> Result<()> {
    match aws.ses.create_email_identity().email_identity(address).send().await {
        Ok(_) => Ok(()),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateEmailIdentityError::is_already_exists_exception) =>
        {
            Ok(())
        }
        Err(error) => Err(error).context("making the sender's identity in SES"),
    }
}
