//! What the ledger and the binary can disagree about.

use std::fmt;

use crate::render;

/// One thing about which the ledger and the binary disagree.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize),
    serde(tag = "kind", rename_all = "kebab-case")
)]
#[non_exhaustive]
pub enum Disagreement {
    /// An applied migration has another checksum now.
    Edited {
        /// Its version.
        version: String,
        /// Its file.
        path: &'static str,
        /// The checksum it was applied with.
        recorded: String,
        /// The checksum it has now.
        embedded: String,
        /// When it was applied, UTC.
        applied_at: String,
        /// The app and version that applied it.
        app: String,
    },
    /// An applied migration is not in the binary, and others after it are.
    Missing {
        /// Its version.
        version: String,
        /// Its name.
        name: String,
        /// When it was applied, UTC.
        applied_at: String,
        /// The app and version that applied it.
        app: String,
    },
    /// An applied migration is not in the binary, and stands before one that is pending.
    UnknownInTheMiddle {
        /// Its version.
        version: String,
        /// Its name.
        name: String,
        /// The pending file it comes before.
        before: &'static str,
        /// When it was applied, UTC.
        applied_at: String,
        /// The app and version that applied it.
        app: String,
    },
    /// An applied migration is newer than all in the binary, and that is not allowed.
    UnknownNewer {
        /// Its version.
        version: String,
        /// Its name.
        name: String,
        /// When it was applied, UTC.
        applied_at: String,
        /// The app and version that applied it.
        app: String,
    },
    /// A pending migration comes before one that is applied, and that is not allowed.
    OutOfOrder {
        /// Its version.
        version: String,
        /// Its file.
        path: &'static str,
        /// The newest version that is applied.
        after: String,
    },
    /// The down script of an applied migration, which runs outside a transaction, stopped half
    /// way.
    HalfRolledBack {
        /// Its version.
        version: String,
        /// Its name.
        name: String,
        /// How many statements of the down script are done.
        done: usize,
    },
    /// A migration outside a transaction stopped half way, and the statements that it had done
    /// are not those of the file any more.
    EditedWhileRunning {
        /// Its version.
        version: String,
        /// Its file.
        path: &'static str,
        /// How many statements were done.
        done: usize,
        /// The app and version that began it.
        app: String,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disagreement::Edited {
                path,
                recorded,
                embedded,
                applied_at,
                app,
                ..
            } => write!(
                f,
                "{path} was edited after it was applied\n    = applied: {recorded}, on {applied_at} by {app}\
                 \n    = embedded: {embedded}\
                 \n    = help: restore the file and write a new migration for the change; or, if the schema \
                 already is as the new file says, accept it: `repair` on the command line, Migrator::repair in code"
            ),
            Disagreement::Missing {
                version,
                name,
                applied_at,
                app,
            } => write!(
                f,
                "{version}_{name} is applied, but this binary does not carry it\
                 \n    = applied: on {applied_at} by {app}\
                 \n    = help: restore the file; the binary may have been built from another branch"
            ),
            Disagreement::UnknownInTheMiddle {
                version,
                name,
                before,
                applied_at,
                app,
            } => write!(
                f,
                "{version}_{name} is applied, but this binary does not carry it, and it comes before {before}, which is pending\
                 \n    = applied: on {applied_at} by {app}\
                 \n    = help: merge the branch that has it; renumber the pending one if they do not depend on each other"
            ),
            Disagreement::UnknownNewer {
                version,
                name,
                applied_at,
                app,
            } => write!(
                f,
                "{version}_{name} is applied, and newer than all that this binary carries\
                 \n    = applied: on {applied_at} by {app}\
                 \n    = help: run a newer binary, or allow it with Migrator::unknown_newer"
            ),
            Disagreement::OutOfOrder { path, after, .. } => write!(
                f,
                "{path} is pending, but version {after} is already applied\
                 \n    = help: give it a version after {after} (`cargo pgmig renumber`), or allow it with `out-of-order = true` in pgmig.toml"
            ),
            Disagreement::HalfRolledBack {
                version,
                name,
                done,
            } => write!(
                f,
                "{version}_{name} is being rolled back: {} of its down script {} done\
                 \n    = help: finish that first, by rollback; then it can be applied anew",
                render::count(*done, "statement"),
                render::is_or_are(*done)
            ),
            Disagreement::EditedWhileRunning {
                path, done, app, ..
            } => write!(
                f,
                "{path} stopped after {statements}, and the file does not begin with what is done any more\
                 \n    = begun: by {app}\
                 \n    = help: restore the first {statements}; what comes after may be changed",
                statements = render::count(*done, "statement")
            ),
        }
    }
}
