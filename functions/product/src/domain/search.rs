//! Searching the catalogue: what is asked for, what is found, and who can do it.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use super::facets::Facets;
use super::language::Language;
use super::product::{ProductDocument, Status};
use super::search_text::SearchText;
use super::slug::Key;

/// The orders of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    Relevance,
    PriceAscending,
    PriceDescending,
    Newest,
    Name,
}

/// What is in the list.
#[derive(Debug)]
pub struct Filter {
    pub search: Option<SearchText>,
    /// Whose stems the words of `search` have.
    pub language: Language,
    pub category: Option<Key>,
    /// Minor units.
    pub min_price: Option<i64>,
    /// Minor units.
    pub max_price: Option<i64>,
    pub in_stock: Option<bool>,
    /// Names and values; all of them, of the product or of one of its variants.
    pub attributes: Vec<(String, String)>,
    /// None: whatever the status.
    pub status: Option<Status>,
}

/// Where a product stands in its list; equal values are told apart by id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    Rank(f32),
    Price(i64),
    CreatedAt(DateTime<Utc>),
    Name(String),
}

/// What a product must have to be in the list of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Matching {
    /// Every word.
    Words,
    /// Every word, of which the last may be a beginning.
    Beginnings,
    /// A name that looks like the text, because nothing has its words, and one of them is unknown.
    Likeness,
}

impl Matching {
    /// How a list begins; where that finds nothing it goes on to the next. Whoever has typed several words that are
    /// somewhere together means those; a single one is still being typed as often as not.
    #[must_use]
    pub fn first(text: Option<&SearchText>) -> Self {
        match text {
            Some(text) if text.last.is_some() && !text.has_head() => Self::Beginnings,
            _ => Self::Words,
        }
    }
}

/// A place to go on from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    pub value: Value,
    pub id: Uuid,
    /// Of the whole list.
    pub matching: Matching,
}

impl Place {
    /// Whether this is a place in a list sorted by `sort`; a cursor may have been tampered with.
    pub fn fits(&self, sort: Sort) -> bool {
        match (&self.value, sort) {
            (Value::Rank(rank), Sort::Relevance) => rank.is_finite(),
            (Value::Price(_), Sort::PriceAscending | Sort::PriceDescending) => true,
            // PostgreSQL knows fewer years than chrono.
            (Value::CreatedAt(at), Sort::Newest) => (0..253_402_300_800).contains(&at.timestamp()),
            (Value::Name(name), Sort::Name) => !name.contains('\0'),
            _ => false,
        }
    }
}

/// A page that is asked for.
pub struct Wanted<'a> {
    pub filter: &'a Filter,
    pub sort: Sort,
    pub after: Option<&'a Place>,
    /// How many products at most.
    pub limit: i64,
    /// Where price ranges begin, in minor units, rising: facets and the total are wanted too.
    pub facets: Option<&'a [i64]>,
}

/// A page that was found.
pub struct Found {
    pub products: Vec<(Place, ProductDocument)>,
    /// Of the whole list, when it was wanted.
    pub facets: Option<Facets>,
}

/// Why nothing can be said.
#[derive(Debug, Error)]
pub enum SearchError {
    /// PostgreSQL says no.
    #[error("database")]
    Database(#[from] sqlx::Error),
}

/// Finds products, as [`Matching`] says.
#[async_trait]
pub trait CatalogueSearch: Send + Sync {
    /// The page.
    async fn search(&self, wanted: &Wanted<'_>) -> Result<Found, SearchError>;
}
