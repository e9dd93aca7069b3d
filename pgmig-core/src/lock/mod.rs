//! The lock file `pgmig.lock`: which migrations are final, and what is in them.
//!
//! ```text
//! # pgmig lock file, format 1
//! # Made by `cargo pgmig lock`. Commit it; do not edit it.
//! public 1 create_public_tables v1:<64 hex digits> <chain, 16 hex digits>
//! tenant 1 create_customers v1:<64 hex digits> <chain, 16 hex digits>
//! baseline public 1 <chain, 16 hex digits> v1:<64 hex digits> <chain, 16 hex digits>
//! end <16 hex digits>
//! ```
//!
//! A line a migration: scope, version, name, checksum, chain value; first those of `public`, then
//! those of `tenant`, in version order. Lines that begin with `#` and empty lines mean nothing,
//! nor does CRLF.
//!
//! A line a baseline: scope, the newest version that it flattens, the chain value of that
//! version's line, the baseline's checksum, and a chain value that follows from nothing.
//!
//! The **chain value** is the beginning (8 bytes) of the SHA-256 of the chain value in the line
//! before it in its scope (nothing for the first), a line feed, and the line up to the checksum.
//! The **end value** is the same of all lines up to their checksums, each with a line feed.
//! So a line that was changed, added, moved or removed by hand does not fit, two branches that
//! each add a migration change the same last line and conflict in git, and where git was told to
//! keep both sides (`merge=union`) the chain shows it.

mod changed;
mod entry;
mod read;
mod say;
mod upgrade;
mod verify;

pub(crate) use changed::About;
pub use entry::{BaselineEntry, Entry, render, render_with};
pub(crate) use read::{BaselineLine, Line, Lock, State, read};
pub(crate) use say::drafts;
pub(crate) use upgrade::{is_upgrade, upgraded};
pub(crate) use verify::{Finding, Kind, Present, Verdict, verify};

/// The problems that `cargo pgmig lock` can solve, or that only the lock file knows of.
pub(crate) const CODES: [&str; 15] = [
    "edited-baseline",
    "edited-migration",
    "lock-conflict",
    "lock-edited",
    "lock-merged",
    "lock-unreadable",
    "moved-migration",
    "out-of-order",
    "removed-baseline",
    "removed-migration",
    "renamed-migration",
    "reordered-migration",
    "stale-baseline",
    "unlocked-baseline",
    "upgraded-folder",
];

/// The file's name.
pub const FILE: &str = "pgmig.lock";
