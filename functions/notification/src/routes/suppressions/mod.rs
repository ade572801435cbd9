//! `/notifications/suppressions`: who is written to no more.

pub(super) mod lift;
pub(super) mod list;
pub(in crate::routes) mod view;
