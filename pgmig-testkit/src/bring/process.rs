//! Telling whether a process that was written down still lives.

use crate::Error;
use std::path::Path;
use std::process::{Command, Stdio};

/// A process: its id, and when it started where `/proc` tells, because ids are used again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    started: String,
}

impl Identity {
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            pid,
            started: started(pid),
        }
    }

    /// Writes `<pid> <started>`, the form that `supervisor.sh` reads.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        std::fs::write(path, format!("{} {}\n", self.pid, self.started))
            .map_err(Error::file("write", path))
    }

    pub(crate) fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let (pid, started) = text.trim_end_matches('\n').split_once(' ')?;
        Some(Self {
            pid: pid.parse().ok()?,
            started: started.to_owned(),
        })
    }

    /// The processes that `pid` started, where `/proc` tells.
    pub(crate) fn children_of(pid: u32) -> Vec<Self> {
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        let parent = pid.to_string();
        ids.filter(|id| field(*id, PARENT).is_some_and(|it| it == parent))
            .map(Self::of)
            .collect()
    }

    pub(crate) fn alive(&self) -> bool {
        match self.started.is_empty() {
            // Nothing but the id is known.
            true => signal(self.pid, "0"),
            false => started(self.pid) == self.started,
        }
    }

    pub(crate) fn kill(&self, signal_name: &str) -> bool {
        self.alive() && signal(self.pid, signal_name)
    }
}

/// Fields of `/proc/<pid>/stat`, counted from the one after the command's name.
const STATE: usize = 0;
const PARENT: usize = 1;
const STARTED: usize = 19;

/// The kernel's start time of a process; empty where there is no `/proc`, or for a zombie.
fn started(pid: u32) -> String {
    match field(pid, STATE).as_deref() {
        Some("Z") | None => String::new(),
        Some(_) => field(pid, STARTED).unwrap_or_default(),
    }
}

fn field(pid: u32, number: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The command's name is in parentheses and may hold anything, a parenthesis too.
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(number).map(str::to_owned)
}

/// Sends a signal by the shell's own `kill`, the one that every system has.
fn signal(pid: u32, name: &str) -> bool {
    Command::new("sh")
        .args(["-c", "kill -\"$1\" \"$2\"", "sh", name, &pid.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    #[test]
    fn a_process_is_alive_until_it_is_killed_even_as_a_zombie() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let identity = Identity::of(child.id());
        assert!(identity.alive());
        assert!(identity.kill("KILL"));
        // Not waited for: it stays a zombie until `wait`.
        while identity.alive() {
            std::thread::yield_now();
        }
        child.wait().unwrap();
        assert!(!identity.alive());
    }

    #[test]
    fn another_process_with_the_same_id_is_not_the_one_written_down() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity");
        let own = Identity::of(std::process::id());
        own.write(&path).unwrap();
        assert_eq!(Identity::read(&path), Some(own.clone()));
        let other = Identity {
            started: "1".to_owned(),
            ..own
        };
        assert!(!other.alive());
    }
}
