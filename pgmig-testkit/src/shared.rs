//! The one server that all test processes of a user share.
//!
//! Whoever comes first starts it, under an exclusive lock; whoever comes later finds the name of
//! its instance in a file. The supervisor ends it. A race between a newcomer and the supervisor
//! is decided by the rename of the instance's `clients/`: registering fails afterwards, and who
//! registered just before keeps the server.

use crate::account::Account;
use crate::binaries::Binaries;
use crate::instance::{self, Durability, Instance};
use crate::process::Identity;
use crate::{Error, files};
use std::path::Path;

/// Joins the shared server for these binaries, or starts it.
pub(crate) fn join(
    account: &Account,
    binaries: &Binaries,
    cache: &Path,
) -> Result<Instance, Error> {
    let root = files::state_root(account)?;
    let _lock = files::lock(&root.join("lock"))?;
    sweep(&root);
    let pointer = root.join(format!("shared-{}", instance::key(account, binaries)));
    if let Ok(name) = std::fs::read_to_string(&pointer)
        && let Some(running) = Instance::open(&root.join(name.trim_end()))
        && running.register().is_ok()
    {
        running.supervise()?;
        return Ok(running);
    }
    let mut new = Instance::create(&root, account, binaries, cache)?;
    let started = new.start(account, binaries, Durability::Fast);
    let named = started.and_then(|()| {
        let name = new.dir.file_name().unwrap_or_default();
        files::write_whole(&pointer, &format!("{}\n", name.to_string_lossy()))
    });
    if named.is_err() {
        new.destroy();
    }
    named.map(|()| new)
}

/// Removes instances that nobody watches: their supervisor was killed, or their maker died before
/// it had one. Under the lock no instance is without a supervisor for another reason.
fn sweep(root: &Path) {
    for entry in std::fs::read_dir(root).into_iter().flatten().flatten() {
        let dir = entry.path();
        if !entry.file_name().to_string_lossy().starts_with("i-")
            || Identity::read(&dir.join("supervisor")).is_some_and(|it| it.alive())
        {
            continue;
        }
        let clients = std::fs::read_dir(dir.join("clients"));
        let used =
            clients.into_iter().flatten().flatten().any(|client| {
                Identity::read(&client.path()).is_some_and(|process| process.alive())
            });
        let left = Instance {
            dir,
            port: 0,
            password: String::new(),
        };
        if !used || left.supervise().is_err() {
            left.destroy();
        }
    }
}
