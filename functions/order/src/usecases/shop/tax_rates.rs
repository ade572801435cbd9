//! Tax rates: adding, replacing, removing.

use crate::db::tax_rates::{self, StoredRate};
use crate::domain::tax::TaxRate;

super::kept!(tax_rates: TaxRate as StoredRate.rate, "tax_rate");
