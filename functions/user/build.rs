//! `sqlx::migrate!` reads the folder; without this a new file in it would go unnoticed.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
