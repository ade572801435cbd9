//! A client of the shop as its users are: everything goes through the gateway, tokens come out of the mail.

mod api;
mod calls;
mod guest;
pub mod hostile;
mod purchase;
mod shopper;

pub use api::{Answer, Api};
pub use guest::{Given, guest_purchase};
pub use purchase::{Step, purchase};
pub use shopper::{PASSWORD, Shopper, token_in};
