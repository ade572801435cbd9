//! `ROLE=openapi`: the document of the service, committed as `openapi.json`.

use cartwright_web::openapi::{About, finish, print};

use crate::routes;

/// The document, as text.
#[must_use]
pub fn openapi() -> String {
    print(&finish(
        routes::described(),
        &About {
            title: "Cartwright: catalogue",
            description: "Products and categories.",
            tags: &[
                ("Catalogue", "Products and categories: public, the same for everybody, cacheable."),
                ("Inventory", "Stock and its ledger, for staff."),
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
