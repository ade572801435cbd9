//! Shipping methods: adding, replacing, removing.

use crate::db::shipping_methods::{self, StoredMethod};
use crate::domain::shipping::Method;

super::kept!(shipping_methods: Method as StoredMethod.method, "shipping_method");
