//! Promotions: adding, replacing, removing.

use crate::db::promotions::{self, StoredPromotion};
use crate::domain::promotion::Promotion;

super::kept!(promotions: Promotion as StoredPromotion.promotion, "promotion");
