//! The services as functions of the emulator's own Lambda: packages, queues that call them, a schedule, load balancers.
//!
//! Each service is one function. A load balancer of its own leads to it, and a small front on the service's usual port
//! leads to the load balancer, so that `*_SERVICE_URL` is the same as for processes.

mod front;
mod functions;
mod management;
mod package;

pub use functions::Functions;
pub use package::{Package, architecture, package};

use crate::Service;

/// What a service is called where it is deployed: `order-service`; the gateway keeps its name.
#[must_use]
pub fn deployed_name(service: Service) -> String {
    match service {
        Service::ApiGateway => service.name().to_owned(),
        _ => format!("{service}-service"),
    }
}
