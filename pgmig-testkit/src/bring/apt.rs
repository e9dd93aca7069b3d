//! Packages of Debian and its descendants, unpacked into a directory and not installed: that
//! takes no root, and changes nothing on the machine. `apt-get` verifies them by the keys that
//! the machine trusts.

use super::files;
use crate::Error;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Lists of packages, their cache and so on, kept apart from the machine's.
struct Apt {
    work: PathBuf,
}

/// Downloads `package`, and the libraries that it needs, and unpacks them into `into`.
pub(crate) fn fetch(package: &str, work: &Path, into: &Path) -> Result<(), Error> {
    let apt = Apt {
        work: work.join("apt"),
    };
    for dir in ["state/lists/partial", "cache/archives/partial", "debs"] {
        files::create_dir(&apt.work.join(dir))?;
    }
    files::run(apt.command("apt-get").arg("update"))?;
    let package = apt.real_name(package)?;
    let mut wanted = apt.libraries(&package)?;
    wanted.push(package);
    let debs = apt.work.join("debs");
    let mut download = apt.command("apt-get");
    files::run(download.arg("download").args(wanted).current_dir(&debs))?;
    for entry in std::fs::read_dir(&debs).map_err(Error::file("read", &debs))? {
        let entry = entry.map_err(Error::file("read", &debs))?;
        files::run(
            Command::new("dpkg-deb")
                .arg("-x")
                .arg(entry.path())
                .arg(into),
        )?;
    }
    let _ = std::fs::remove_dir_all(&apt.work);
    Ok(())
}

impl Apt {
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let own = [
            ("Dir::State", "state"),
            ("Dir::State::Lists", "state/lists"),
            ("Dir::Cache", "cache"),
        ];
        for (name, dir) in own {
            let mut option = OsString::from(format!("{name}="));
            option.push(self.work.join(dir));
            command.arg("-o").arg(option);
        }
        command
            .args(["-o", "Dir::State::status=/var/lib/dpkg/status"])
            .args(["-o", "Debug::NoLocking=1", "-q"])
            .env("LC_ALL", "C");
        command
    }

    /// The names after `Depends:` in what `apt-cache depends` prints.
    fn depends(&self, package: &str, more: &[&str]) -> Result<Vec<String>, Error> {
        let mut command = self.command("apt-cache");
        command
            .arg("depends")
            .arg("--important")
            .args(more)
            .arg(package);
        let output = files::run(&mut command)?;
        let text = String::from_utf8_lossy(&output).into_owned();
        let names = text.lines().filter_map(|line| {
            let (_, name) = line.split_once("Depends: ")?;
            (!name.contains('<')).then(|| name.to_owned())
        });
        Ok(names.collect())
    }

    /// `postgresql` only says which `postgresql-<major>` is meant.
    fn real_name(&self, package: &str) -> Result<String, Error> {
        let depends = self.depends(package, &[])?;
        let versioned = format!("{package}-");
        let numbered = |name: &String| {
            let rest = name.strip_prefix(&versioned);
            rest.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let found = depends.into_iter().find(numbered);
        Ok(found.unwrap_or_else(|| package.to_owned()))
    }

    /// All libraries below `package`, but the C library, which is here, and those for compiling
    /// queries, which are big and only loaded on demand.
    fn libraries(&self, package: &str) -> Result<Vec<String>, Error> {
        let mut found = self.depends(package, &["--recurse"])?;
        found.retain(|name| {
            let left_out = ["libc6", "libllvm", "libperl", "libgcc"];
            name.starts_with("lib") && !left_out.iter().any(|it| name.starts_with(it))
        });
        found.sort();
        found.dedup();
        Ok(found)
    }
}

/// The directories of shared libraries below what was unpacked into `root`, as
/// `LD_LIBRARY_PATH`; `None` if there are none.
pub(crate) fn library_path(root: &Path) -> Option<OsString> {
    let parents = [root.join("usr/lib"), root.join("lib")];
    let dirs = parents.iter().flat_map(|dir| files::subdirectories(dir));
    let dirs: Vec<_> = dirs
        .filter(|dir| dir.to_string_lossy().contains("-linux-"))
        .collect();
    (!dirs.is_empty())
        .then(|| std::env::join_paths(dirs).ok())
        .flatten()
}
