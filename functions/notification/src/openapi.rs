//! `ROLE=openapi`: the document of the service, committed as `openapi.json`.

use cartwright_web::openapi::{About, finish, print};

use crate::routes;

/// The document, as text.
#[must_use]
pub fn openapi() -> String {
    print(&finish(
        routes::described(),
        &About {
            title: "Cartwright: notifications",
            description: "What the shop has written to people.",
            tags: &[
                ("Notifications", "What the shop has written to people, and how that went."),
                ("Preferences", "What people want to hear about, how, and where."),
                ("Templates", "What is said, in the words of the shop's staff."),
                ("Suppressions", "Who is written to no more."),
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
