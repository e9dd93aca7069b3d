//! The exit codes: part of the interface, never renumbered.

use std::process::ExitCode;

/// How a command ended, for scripts, init containers and probes.
///
/// The numbers are stable; `docs/exit-codes.md` says what each means for whoever waits for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[non_exhaustive]
pub enum Exit {
    /// Done, or there was nothing to do.
    Done = 0,
    /// A migration failed. What had been applied before it stays; it left nothing behind.
    Failed = 1,
    /// The command line is wrong, or no database was named.
    Usage = 2,
    /// The database cannot be reached, or it does not let this role in.
    Unreachable = 3,
    /// The database and the binary disagree (an edited, a missing, an out-of-order migration):
    /// nothing was run, and running again will not help.
    Refused = 4,
    /// Another session held a lock for too long: running again will help.
    Busy = 5,
    /// Some tenants failed, or are not where the ledger has them; all others are done. Running again
    /// tries those that failed. `verify`: none drifted, but some could not be compared.
    Partly = 6,
    /// `status --check`: something is left to apply.
    Behind = 10,
    /// `verify`, `adopt`: a schema is not what its migrations make.
    Drifted = 11,
    /// Interrupted by Ctrl-C; each target is at a migration boundary.
    Interrupted = 130,
}

impl Exit {
    /// Its name, as `--json` gives it.
    pub fn name(self) -> &'static str {
        match self {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Usage => "usage",
            Exit::Unreachable => "unreachable",
            Exit::Refused => "refused",
            Exit::Busy => "busy",
            Exit::Partly => "partly",
            Exit::Behind => "behind",
            Exit::Drifted => "drifted",
            Exit::Interrupted => "interrupted",
        }
    }

    /// The number.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}
