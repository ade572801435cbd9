//! What the service does, shared by routes, consumers and loops. Each can be run again after a crash anywhere in it.

pub mod attach_orders;
pub mod buyer_contact;
pub mod cancel_order;
pub mod capture_payment;
pub mod cart;
pub mod change_status;
pub mod end_order;
pub mod erase_user;
pub mod events;
pub mod expire_orders;
pub mod export_user;
pub mod follow_order;
mod hold_order;
pub mod issue_invoice;
mod look_elsewhere;
pub mod observe_payment;
pub mod order_view;
pub mod pay_order;
pub mod place_order;
mod provider_facts;
pub mod reconcile;
pub mod refund_payment;
pub mod shop;
pub mod take_webhook;
