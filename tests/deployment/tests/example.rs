//! `.env.example` in this checkout.

use std::path::PathBuf;

use deployment::{example, programs};

#[test]
fn the_example_file_names_what_the_programs_read_each_once() {
    let folder =
        std::env::var_os("CARTWRIGHT_BIN_DIR").expect("`make test` builds the programs and says where");
    let read = programs::variables(&PathBuf::from(folder)).unwrap();
    let text = include_str!("../../../.env.example");
    assert_eq!(example::check(text, &read), Vec::<String>::new());
}
