//! The one server that all test processes of a user share.
//!
//! Whoever comes first starts it, under an exclusive lock; whoever comes later finds the name of
//! its home in a file. The supervisor ends it. A race between a newcomer and the supervisor is
//! decided by the rename of the home's `clients/`: registering fails afterwards, and who
//! registered just before keeps the server.

use super::home::Root;
use super::instance::{self, FAST, Instance};
use super::{Means, files};
use crate::Error;

/// Joins the shared server for these binaries, or starts it.
pub(crate) fn join(means: &Means) -> Result<Instance, Error> {
    let root = Root::lock(&means.account)?;
    let key = instance::key(&means.account, &means.binaries);
    let pointer = root.dir.join(format!("shared-{key}"));
    if let Ok(name) = std::fs::read_to_string(&pointer)
        && let Some(running) = Instance::open(root.dir.join(name.trim_end()))
        && running.home.register().is_ok()
    {
        running.home.supervise()?;
        return Ok(running);
    }
    let mut new = Instance::create(&root, means)?;
    let started = new.start(means, FAST).and_then(|_child| {
        let name = new.home.dir.file_name().unwrap_or_default();
        files::write_whole(&pointer, &format!("{}\n", name.to_string_lossy()))
    });
    started.inspect_err(|_| new.home.destroy())?;
    Ok(new)
}
