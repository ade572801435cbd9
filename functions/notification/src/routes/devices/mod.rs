//! `/notifications/devices`: where push messages go.

pub(super) mod create;
pub(super) mod remove;
pub(in crate::routes) mod view;
