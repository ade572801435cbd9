//! The service through its real router, on a real database.

#[cfg(test)]
mod books;
#[cfg(test)]
mod cards;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod category_writes;
#[cfg(test)]
mod consumer;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod images;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod loader;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod product_writes;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod relevance;
#[cfg(test)]
mod reservations;
#[cfg(test)]
mod search;
#[cfg(test)]
mod stock_events;
#[cfg(test)]
mod support;
#[cfg(test)]
mod writing;
