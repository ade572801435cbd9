//! The service through its real router, on a real database.

#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod consumer;
#[cfg(test)]
mod contention;
#[cfg(test)]
mod loader;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod reservations;
#[cfg(test)]
mod support;
