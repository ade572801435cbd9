//! Takes the two files of Swagger UI that `/docs` needs out of their archive, and compresses them once: the archive also
//! holds four more builds of the same program and its sources.

use std::error::Error;
use std::fs::File;
use std::io::{Cursor, Read as _, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    // Everything is in one folder: `swagger-ui-5.32.6`.
    let root = archive.by_index(0)?.name()?.split('/').next().unwrap_or_default().to_owned();
    let version = root.trim_start_matches("swagger-ui-");
    println!("cargo:rustc-env=SWAGGER_UI_VERSION={version}");
    for name in ["swagger-ui-bundle.js", "swagger-ui.css"] {
        let mut text = String::new();
        archive.by_name(&format!("{root}/dist/{name}"))?.read_to_string(&mut text)?;
        // There are no source maps here, so nobody is sent to look for them.
        let text = text.replace("//# sourceMappingURL=", "// ").replace("/*# sourceMappingURL=", "/* ");
        let mut encoder = GzEncoder::new(File::create(out.join(format!("{name}.gz")))?, Compression::best());
        encoder.write_all(text.as_bytes())?;
        encoder.finish()?;
    }
    Ok(())
}
