//! `ROLE=openapi`: the document of the service, committed as `openapi.json`.

use cartwright_web::openapi::{About, finish, print};

use crate::routes;

/// The document, as text.
#[must_use]
pub fn openapi() -> String {
    print(&finish(
        routes::described(),
        &About {
            title: "Cartwright: orders",
            description: "Carts, orders, payments and invoices.",
            tags: &[
                ("Cart", "What a signed-in user is about to order."),
                ("Orders", "Orders, their history and their invoices."),
                ("Payments", "The money of an order."),
                ("Shipping", "How an order can be shipped."),
                ("Taxes", "What is taxed, where and how much."),
                ("Promotions", "Codes that take something off."),
            ],
        },
    ))
}

#[cfg(test)]
mod tests {
    use cartwright_test_support::openapi::check;

    #[test]
    fn the_committed_document_is_what_the_routes_say() {
        check(&super::openapi(), include_str!("../openapi.json"), include_str!("routes/mod.rs"));
    }
}
