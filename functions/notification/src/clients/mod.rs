//! What is outside the process.

mod contacts;
mod email;
mod invoices;
mod platforms;
mod ses;

pub use contacts::{ContactError, Contacts, Reach};
pub use email::{Email, EmailProvider, SendError};
pub use invoices::{InvoiceError, Invoices};
pub use platforms::{Applications, PlatformError, Platforms};
pub use ses::Ses;
