//! The gateway over real sockets, with stand-ins for the services.

#[cfg(test)]
mod balancing;
#[cfg(test)]
mod caching;
#[cfg(test)]
mod clients;
mod connections;
#[cfg(test)]
mod edge;
#[cfg(test)]
mod edge_signals;
#[cfg(test)]
mod expanding;
#[cfg(test)]
mod function;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod passing;
#[cfg(test)]
mod redis;
#[cfg(test)]
mod reference;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod status;
#[cfg(test)]
mod store;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upstreams;
