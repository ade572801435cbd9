//! Payments by Stripe, against the stand-in.

mod elsewhere;
mod lost_answers;
mod manual_capture;
mod order_of_events;
mod paying;
mod shop;
mod webhooks;
mod wrong_payments;
