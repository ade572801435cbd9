//! What an image may hold: the program and what it needs to run, and nothing that could run anything else.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// The files that must be there.
const NEEDED: [&str; 6] = [
    "service",
    "etc/group",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/ssl/certs/ca-certificates.crt",
    "etc/ssl/certs/rds-global-bundle.pem",
];
/// The libraries that must be there, whatever folder they are in.
const LIBRARIES: [&str; 2] = ["ld-linux", "libc.so.6"];

/// Looks at every file of an unpacked image; returns a sentence on each that is missing, that is too many, or that has
/// the wrong mode or content. `bundle` is what the RDS certificates must be.
///
/// # Errors
/// The folder cannot be read.
pub fn faults(root: &Path, bundle: &[u8]) -> Result<Vec<String>> {
    let mut found = BTreeSet::new();
    let mut faults = Vec::new();
    walk(root, root, &mut |path, data| {
        faults.extend(fault(path, data));
        if !data.is_dir() {
            found.insert(path.to_owned());
        }
    })?;
    let missing = NEEDED.into_iter().filter(|needed| !found.contains(*needed));
    faults.extend(missing.map(|needed| format!("{needed} is missing")));
    let missing = LIBRARIES.into_iter().filter(|name| !found.iter().any(|path| library(path, name)));
    faults.extend(missing.map(|name| format!("the library {name} is missing")));

    let text = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_default();
    if text("etc/nsswitch.conf").trim() != "hosts: files dns" {
        faults.push(
            "etc/nsswitch.conf does not say that names are looked for in files, then in DNS".to_owned(),
        );
    }
    if !text("etc/ssl/certs/ca-certificates.crt").contains("BEGIN CERTIFICATE") {
        faults.push("etc/ssl/certs/ca-certificates.crt holds no certificate".to_owned());
    }
    if fs::read(root.join("etc/ssl/certs/rds-global-bundle.pem")).unwrap_or_default() != bundle {
        faults.push("etc/ssl/certs/rds-global-bundle.pem is not the one of this checkout".to_owned());
    }
    if !root.join("tmp").is_dir() {
        faults.push("tmp is missing".to_owned());
    }
    Ok(faults)
}

fn library(path: &str, name: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    (path.starts_with("lib/") || path.starts_with("lib64/")) && file.contains(".so") && file.starts_with(name)
}

fn fault(path: &str, data: &Metadata) -> Option<String> {
    let mode = data.permissions().mode() & 0o7777;
    if data.is_dir() {
        let wanted = if path == "tmp" { 0o1777 } else { 0o755 };
        return (mode != wanted).then(|| format!("{path}/ has the mode {mode:o} instead of {wanted:o}"));
    }
    if !data.is_file() || !(NEEDED.contains(&path) || library(path, "")) {
        return Some(format!("{path} does not belong there"));
    }
    let may_run = path == "service" || library(path, "ld-linux");
    let wanted = if may_run { 0o755 } else { 0o644 };
    (mode != wanted).then(|| format!("{path} has the mode {mode:o} instead of {wanted:o}"))
}

/// Calls `see` with every entry's path from `root` on, links not followed.
fn walk(root: &Path, folder: &Path, see: &mut impl FnMut(&str, &Metadata)) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let data = fs::symlink_metadata(&path).with_context(|| format!("reading {}", path.display()))?;
        see(&path.strip_prefix(root).unwrap_or(&path).to_string_lossy(), &data);
        if data.is_dir() {
            walk(root, &path, see)?;
        }
    }
    Ok(())
}

/// What does not belong to root: its owner could write to it.
///
/// # Errors
/// The folder cannot be read.
pub fn not_of_root(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    walk(root, root, &mut |path, data| {
        if data.uid() != 0 || data.gid() != 0 {
            found.push(format!("{path} belongs to {}:{}", data.uid(), data.gid()));
        }
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUNDLE: &[u8] = include_bytes!("../../../functions/certificates/rds-global-bundle.pem");

    fn write(root: &Path, path: &str, text: &[u8], mode: u32) {
        let file = root.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    }

    fn good() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        write(root, "service", b"program", 0o755);
        write(root, "lib64/ld-linux-x86-64.so.2", b"loader", 0o755);
        write(root, "lib/x86_64-linux-gnu/libc.so.6", b"library", 0o644);
        write(root, "etc/passwd", b"service:x:65532:65532::/:/nonexistent\n", 0o644);
        write(root, "etc/group", b"service:x:65532:\n", 0o644);
        write(root, "etc/nsswitch.conf", b"hosts: files dns\n", 0o644);
        write(root, "etc/ssl/certs/ca-certificates.crt", BUNDLE, 0o644);
        write(root, "etc/ssl/certs/rds-global-bundle.pem", BUNDLE, 0o644);
        fs::create_dir(root.join("tmp")).unwrap();
        for (folder, mode) in [("etc", 0o755), ("etc/ssl", 0o755), ("etc/ssl/certs", 0o755), ("lib", 0o755)] {
            fs::set_permissions(root.join(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
        for (folder, mode) in [("lib/x86_64-linux-gnu", 0o755), ("lib64", 0o755), ("tmp", 0o1777)] {
            fs::set_permissions(root.join(folder), fs::Permissions::from_mode(mode)).unwrap();
        }
        folder
    }

    #[test]
    fn an_image_with_exactly_what_it_needs_has_no_fault() {
        assert_eq!(faults(good().path(), BUNDLE).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn whatever_is_taken_out_is_missed() {
        for path in NEEDED.into_iter().chain(["lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6"])
        {
            let folder = good();
            fs::remove_file(folder.path().join(path)).unwrap();
            assert!(!faults(folder.path(), BUNDLE).unwrap().is_empty(), "{path}");
        }
    }

    #[test]
    fn a_shell_a_link_and_a_second_program_do_not_belong_there() {
        let folder = good();
        write(folder.path(), "bin/sh", b"shell", 0o755);
        write(folder.path(), "lib/x86_64-linux-gnu/libm.so.6", b"library", 0o755);
        write(folder.path(), "tmp/left", b"behind", 0o644);
        std::os::unix::fs::symlink("service", folder.path().join("etc/link")).unwrap();
        let all = faults(folder.path(), BUNDLE).unwrap().join("\n");
        for path in ["bin/sh", "libm.so.6", "tmp/left", "etc/link"] {
            assert!(all.contains(path), "{path} is not in {all}");
        }
    }

    #[test]
    fn a_certificate_of_rds_that_is_not_ours_is_refused() {
        let folder = good();
        write(folder.path(), "etc/ssl/certs/rds-global-bundle.pem", b"-----BEGIN CERTIFICATE-----", 0o644);
        assert!(!faults(folder.path(), BUNDLE).unwrap().is_empty());
    }

    #[test]
    fn every_certificate_of_the_bundle_can_be_trusted_by_the_tls_library() {
        let all = reqwest::Certificate::from_pem_bundle(BUNDLE).unwrap();
        assert!(all.len() >= 81, "{}", all.len());
        reqwest::Client::builder().tls_certs_only(all).build().unwrap();
    }
}
