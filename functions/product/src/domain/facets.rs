//! What a list could be narrowed by, with how many products would remain.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// Products are counted up to here, and no further.
pub const MOST_COUNTED: i64 = 10_000;

/// The facets of a list, counted over its first 10,000 products.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facets {
    /// How many products there are; 10,000 stands for more.
    #[serde(skip_serializing)]
    #[schema(ignore)]
    pub total: i64,
    /// The fullest 50, products below them included.
    pub categories: Vec<CategoryFacet>,
    /// Those in which there is something, cheapest first.
    pub prices: Vec<PriceFacet>,
    /// At most 20 names, by name.
    pub attributes: Vec<AttributeFacet>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CategoryFacet {
    pub id: Uuid,
    #[schema(examples("tents"))]
    pub slug: String,
    #[schema(examples("Tents"))]
    pub name: String,
    /// The slugs from the root down, joined by slashes.
    #[schema(examples("camping/tents"))]
    pub path: String,
    #[schema(minimum = 1)]
    pub count: i64,
}

/// `min_price` and `max_price` of the list that has these products only.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PriceFacet {
    #[schema(minimum = 0)]
    pub min_price: i64,
    /// Null for the last range, which has no end.
    #[schema(required, minimum = 0)]
    pub max_price: Option<i64>,
    #[schema(minimum = 1)]
    pub count: i64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AttributeFacet {
    #[schema(examples("color"))]
    pub name: String,
    /// The most frequent 20.
    pub values: Vec<ValueFacet>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ValueFacet {
    #[schema(examples("red"))]
    pub value: String,
    #[schema(minimum = 1)]
    pub count: i64,
}

/// Where price ranges begin, in minor units of a currency with so many decimals: 10, 25, 50, 100 … whole units. Where there
/// are no decimals a unit is worth about a hundredth.
#[must_use]
pub fn price_ranges(exponent: u8) -> Vec<i64> {
    let unit = 10_i64.pow(u32::from(exponent.max(2)));
    [10, 25, 50, 100, 250, 500, 1000, 2500].iter().map(|whole| whole * unit).collect()
}
