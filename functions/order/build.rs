//! Packs the typeface of the invoices; and cargo looks at the migrations again when one is added.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    for name in ["NotoSans-Regular.ttf", "NotoSans-Bold.ttf"] {
        let source = PathBuf::from("assets/fonts").join(name);
        println!("cargo:rerun-if-changed={}", source.display());
        let mut encoder = GzEncoder::new(File::create(out.join(format!("{name}.gz")))?, Compression::best());
        encoder.write_all(&fs::read(source)?)?;
        encoder.finish()?;
    }
    Ok(())
}
