//! What the service does, shared by routes, consumers and loops. Each can be run again after a crash anywhere in it.

pub mod buyer_contact;
pub mod cart;
pub mod erase_user;
pub mod events;
pub mod expire_orders;
pub mod export_user;
pub mod issue_invoice;
pub mod observe_payment;
pub mod order_view;
pub mod pay_order;
pub mod place_order;
pub mod reconcile;
