//! What a command can fail with, and the exit code that goes with it.

use std::path::PathBuf;

use pgmig_runtime::{FleetRollbackPlan, RollbackPlan, StatementError};
use serde_json::json;

use super::common::Common;
use super::exit::Exit;
use super::{paint, rollback};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Neither `--database-url` nor `DATABASE_URL` is given.
    #[error(
        "no database is named\n  = help: set DATABASE_URL, or give --database-url \
         postgres://user:password@host:5432/name"
    )]
    NoDatabase,

    /// What names the database is no URL of one.
    #[error(
        "the database's URL cannot be read: {}\n  = help: it looks like \
         postgres://user:password@host:5432/name", configuration(.0)
    )]
    Url(#[source] sqlx::Error),

    /// The URL names a database that is none of PostgreSQL.
    #[error(
        "the database's URL begins with `{0}://`, and pgmig is for PostgreSQL alone\n  = help: it looks \
         like postgres://user:password@host:5432/name"
    )]
    NotPostgres(String),

    /// The migrator says why.
    #[error(transparent)]
    Migrate(#[from] pgmig_runtime::Error),

    /// The server was not reached, or did not let the role in.
    #[error("{}", at_server(error, server))]
    NotLetIn {
        /// What the migrator says.
        error: Box<pgmig_runtime::Error>,
        /// Which server, which database and which role: `127.0.0.1:5432, database shop, role app`.
        server: String,
    },

    /// A rollback would lose data, and nobody said that it may.
    #[error(
        "rolling schema {} back loses data; nothing was run{}\n  \
         = help: see all of it with --plan; give --yes to go on", .0.target.schema, rollback::losses(&.0.steps)
    )]
    LosesData(Box<RollbackPlan>),

    /// A rollback of the tenants would lose data, and nobody said that it may.
    #[error(
        "rolling {} back loses data; nothing was run{}\n  \
         = help: see all of it with --plan; give --yes to go on",
        paint::count(.0.tenants.len(), "tenant"), rollback::fleet_losses(.0)
    )]
    LosesFleetData(Box<FleetRollbackPlan>),

    /// The folder that the command reads is not in order, each problem as it is told.
    #[error("{}", .0.join("\n\nerror: "))]
    Folder(Vec<String>),

    /// Drafts would go to a database that is not on this machine.
    #[error(
        "the folder has drafts, and the database is on {host}; nothing was run\n  = note: {}\n  \
         = help: make them final: `cargo pgmig lock`\n  \
         = help: if the database is one for trying things out: `--allow-drafts`", .drafts.join(", ")
    )]
    Drafts {
        /// The drafts' files.
        drafts: Vec<String>,
        /// Where the database is.
        host: String,
    },

    /// The answer could not be put as JSON.
    #[error("cannot write the answer: {0}")]
    Json(#[source] serde_json::Error),

    /// The answer could not be written.
    #[error("cannot write the answer: {0}")]
    Output(#[source] std::io::Error),

    /// A folder to write the migrations into has something in it.
    #[error(
        "{} is not empty; nothing was written\n  = help: name a folder that is empty or not there yet",
        .0.display()
    )]
    NotEmpty(PathBuf),

    /// A file could not be written.
    #[error("cannot write {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },

    /// Ctrl-C.
    #[error("interrupted\n  = note: each schema is at a migration boundary; run it again to go on")]
    Interrupted,

    /// The asynchronous runtime did not start.
    #[error("cannot start: {0}")]
    Start(#[source] std::io::Error),
}

impl Error {
    /// The exit code that goes with it.
    pub fn exit(&self) -> Exit {
        match self {
            Error::NoDatabase | Error::Url(_) | Error::NotPostgres(_) => Exit::Usage,
            Error::Migrate(error) => migrate(error),
            Error::NotLetIn { error, .. } => migrate(error),
            Error::LosesData(_)
            | Error::LosesFleetData(_)
            | Error::NotEmpty(_)
            | Error::Drafts { .. } => Exit::Refused,
            Error::Folder(_) => Exit::Failed,
            Error::Interrupted => Exit::Interrupted,
            Error::File { .. } | Error::Json(_) | Error::Output(_) | Error::Start(_) => {
                Exit::Failed
            }
        }
    }

    /// Says which server it was, where that is the question.
    pub(super) fn with_server(self, common: Option<&Common>) -> Self {
        let server = common.and_then(Common::server);
        match (self, server) {
            (Error::Migrate(error), Some(server)) if migrate(&error) == Exit::Unreachable => {
                let error = Box::new(error);
                Error::NotLetIn { error, server }
            }
            (error, _) => error,
        }
    }

    /// The error as `--json` prints it.
    pub(super) fn json(&self) -> serde_json::Value {
        let exit = self.exit();
        let mut error = json!({
            "exit": exit.name(),
            "code": exit.code(),
            "message": self.to_string(),
        });
        match self {
            Error::Migrate(pgmig_runtime::Error::Statement(at)) => {
                error["statement"] = statement(at)
            }
            Error::Migrate(pgmig_runtime::Error::Blocked(by)) => {
                error["statement"] = statement(&by.last);
            }
            Error::Migrate(pgmig_runtime::Error::Fleet(fleet)) => {
                error["tenants"] = json!(fleet.report);
            }
            Error::LosesData(plan) => error["plan"] = json!(plan),
            Error::LosesFleetData(plan) => error["plan"] = json!(plan),
            Error::Migrate(pgmig_runtime::Error::IrreversibleFleet(irreversible)) => {
                error["irreversible"] = json!(irreversible.migrations);
            }
            Error::Migrate(
                pgmig_runtime::Error::Drift(found)
                | pgmig_runtime::Error::AdoptedDiffers { found, .. },
            ) => {
                error["verification"] = json!(found);
            }
            Error::Migrate(pgmig_runtime::Error::Plan(plan)) => {
                error["schema"] = json!(plan.target.schema);
                error["disagreements"] = json!(plan.disagreements);
            }
            Error::Migrate(pgmig_runtime::Error::Adoption(adoption)) => {
                error["schema"] = json!(adoption.target.schema);
                error["misfits"] = json!(adoption.misfits);
            }
            _ => {}
        }
        json!({ "error": error })
    }
}

fn statement(error: &StatementError) -> serde_json::Value {
    json!({
        "path": error.path,
        "line": error.line,
        "column": error.column,
        "schema": error.target.schema,
        "version": error.version,
        "name": error.name,
        "sqlstate": error.sqlstate,
        "message": error.message,
        "detail": error.detail,
        "hint": error.hint,
    })
}

fn migrate(error: &pgmig_runtime::Error) -> Exit {
    use pgmig_runtime::Error as E;
    match error {
        E::Connection { .. } => Exit::Unreachable,
        E::Ledger { source, .. } if is_not_let_in(source) => Exit::Unreachable,
        E::Blocked(_) | E::Busy { .. } => Exit::Busy,
        E::Drift(_) | E::AdoptedDiffers { .. } => Exit::Drifted,
        E::Shadow(error) => migrate(error),
        E::Plan(_)
        | E::NotAdopted { .. }
        | E::Adoption(_)
        | E::NewerLedger { .. }
        | E::SchemaName { .. }
        | E::SchemaGone { .. }
        | E::SchemaMoved { .. }
        | E::ReadOnly { .. }
        | E::PublicBehind { .. }
        | E::Dropping { .. }
        | E::NotInLedger { .. }
        | E::AlreadyInLedger { .. }
        | E::NothingToAdopt { .. }
        | E::Irreversible(_)
        | E::IrreversibleFleet(_)
        | E::NotAppliedToAny { .. }
        | E::PlanOutdated { .. }
        | E::NotApplied { .. }
        | E::Unfinished { .. }
        | E::MigratedMeanwhile { .. }
        | E::NotInTransaction
        | E::NeedsOwnTransaction { .. } => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// The error, with the server behind its first line.
fn at_server(error: &pgmig_runtime::Error, server: &str) -> String {
    let told = error.to_string();
    let (title, rest) = told.split_once('\n').unwrap_or((&told, ""));
    format!("{title}\n  = server: {server}\n{rest}")
        .trim_end()
        .to_owned()
}

/// The driver puts words of its own before what is wrong with a URL.
fn configuration(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Configuration(error) => error.to_string(),
        error => error.to_string(),
    }
}

/// Whether the server refused the connection itself: the role, the password, the database's name
/// (PostgreSQL's error codes, classes 28 and 3D).
fn is_not_let_in(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| code.starts_with("28") || code.starts_with("3D"))
}
