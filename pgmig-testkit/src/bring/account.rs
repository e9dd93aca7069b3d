//! Who we are, and whom PostgreSQL runs as.

use crate::Error;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

/// The user that this process runs as, and the one that the server runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    /// Our own user id.
    pub(crate) own: u32,
    /// User and group to change to, when we are root.
    run_as: Option<(u32, u32)>,
}

impl Account {
    pub(crate) fn of_this_process() -> Result<Self, Error> {
        let own = own_uid()?;
        let run_as = (own == 0).then(unprivileged).transpose()?;
        Ok(Self { own, run_as })
    }

    /// The user id that the server runs under.
    pub(crate) fn server(&self) -> u32 {
        self.run_as.map_or(self.own, |(uid, _)| uid)
    }

    /// Lets `command` run as the server's user. The standard library drops the supplementary
    /// groups too.
    pub(crate) fn apply<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if let Some((uid, gid)) = self.run_as {
            command.uid(uid).gid(gid);
        }
        command
    }

    /// Gives `path` to the server's user.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        let Some((uid, gid)) = self.run_as else {
            return Ok(());
        };
        std::os::unix::fs::chown(path, Some(uid), Some(gid)).map_err(Error::file("chown", path))
    }

    /// Whether the server's user can enter `path` and everything above it.
    pub(crate) fn can_enter(&self, path: &Path) -> bool {
        let Some((uid, gid)) = self.run_as else {
            return true;
        };
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        path.ancestors().all(|dir| {
            std::fs::metadata(dir).is_ok_and(|meta| {
                let bit = match (meta.uid() == uid, meta.gid() == gid) {
                    (true, _) => 0o100,
                    (false, true) => 0o010,
                    (false, false) => 0o001,
                };
                meta.mode() & bit != 0
            })
        })
    }
}

/// A file just made belongs to us: the standard library has no `getuid`.
fn own_uid() -> Result<u32, Error> {
    let dir = std::env::temp_dir();
    let file = tempfile::tempfile().map_err(Error::file("write to", &dir))?;
    let meta = file.metadata().map_err(Error::file("read", &dir))?;
    Ok(meta.uid())
}

fn unprivileged() -> Result<(u32, u32), Error> {
    let path = Path::new("/etc/passwd");
    let passwd = std::fs::read_to_string(path).map_err(Error::file("read", path))?;
    ["postgres", "nobody"]
        .iter()
        .find_map(|name| ids(&passwd, name))
        .ok_or(Error::NoUnprivilegedUser)
}

/// User and group id of `name` in the text of an `/etc/passwd`.
fn ids(passwd: &str, name: &str) -> Option<(u32, u32)> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then_some(())?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some((uid, gid))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_user_is_found_by_its_whole_name() {
        let passwd = "root:x:0:0::/:/bin/sh\npostgres2:x:1:2::/:\npostgres:x:101:104:a,b:/:\n";
        assert_eq!(ids(passwd, "postgres"), Some((101, 104)));
        assert_eq!(ids(passwd, "nobody"), None);
    }

    #[test]
    fn the_server_never_runs_as_root() {
        let account = Account::of_this_process().unwrap();
        assert_ne!(account.server(), 0);
        assert_eq!(account.own == 0, account.run_as.is_some());
    }
}
