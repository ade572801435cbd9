//! The rules hold in this checkout.

use std::path::Path;

use architecture::{Crates, crate_rules, layer_rules, shape_rules};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

#[test]
fn dependencies_between_crates_point_one_way() {
    assert_eq!(crate_rules(&Crates::read().unwrap()), Vec::<String>::new());
}

#[test]
fn dependencies_inside_a_service_point_one_way() {
    assert_eq!(layer_rules(&root().join("functions")).unwrap(), Vec::<String>::new());
}

#[test]
fn files_are_short() {
    assert_eq!(shape_rules(root()).unwrap(), Vec::<String>::new());
}
