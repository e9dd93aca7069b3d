//! What can go wrong in `cargo pgmig`.

use std::io;
use std::path::{Path, PathBuf};

/// An error of `cargo pgmig`, as a person reads it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// A file or folder could not be read or written.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// `read`, `write`, `create`, `rename`.
        what: &'static str,
        path: PathBuf,
        source: io::Error,
    },

    /// `--manifest-path` names no file.
    #[error(
        "there is no {}\n  = help: give the path of the Cargo.toml of the crate that embeds the \
         migrations",
        path.display()
    )]
    NoManifest { path: PathBuf },

    /// An edit of the folder was refused or failed.
    #[error(transparent)]
    Edit(#[from] pgmig_core::Error),

    /// There is no server to try the migrations on, or it makes no database.
    #[error(
        "{0}\n  = note: the migrations are tried out in a database that is made for it and dropped again\
         \n  = help: name a server whose role may create databases, by --database-url or DATABASE_URL; \
         without both, one is looked for on this machine, or fetched"
    )]
    Server(#[from] pgmig_testkit::Error),

    /// The migrations could not be run in the shadow.
    #[error(
        "{0}\n  = note: this was in a database made to try the migrations out; no other was touched"
    )]
    Migrate(#[from] pgmig_runtime::Error),

    /// `diff` names a version that the scope has not.
    #[error("there is no version {version} in the {scope} scope\n  = help: {help}")]
    NoVersion {
        version: String,
        scope: &'static str,
        help: String,
    },

    /// What the migrations made could not be read.
    #[error("cannot read the catalog: {}", said(.0))]
    Catalog(#[source] sqlx::Error),

    /// `-o` names a file of no kind that is known.
    #[error(
        "{} ends in nothing that a diagram can be\n  = help: `.svg` is a picture, `.mmd` is Mermaid",
        path.display()
    )]
    NoFormat { path: PathBuf },

    /// `pg_dump` failed.
    #[error("pg_dump could not dump what the migrations made: {}", why.trim_end())]
    Dump { why: String },

    /// The migrations make other rows each time, and nothing could make those anew.
    #[error(
        "the migrations of {scope} make other rows each time, and a baseline would make those of today\
         {}\n  = note: they were replayed twice; nothing was written\
         \n  = help: give the column a default that makes the value, in a new migration, or write such rows elsewhere",
        list(differences)
    )]
    NotRepeatable {
        scope: pgmig_core::Scope,
        differences: Vec<String>,
    },

    /// The baseline does not make the same.
    #[error(
        "the baseline of {scope} would not make what its migrations make{}\
         \n  = note: nothing was written",
        list(differences)
    )]
    NotTheSame {
        scope: pgmig_core::Scope,
        differences: Vec<String>,
    },

    /// The asynchronous runtime did not start.
    #[error("cannot start: {0}")]
    Start(#[source] io::Error),

    /// drizzle-kit has no config.
    #[error(
        "there is no drizzle.config.ts in {} or above\n  = help: `cargo pgmig init --drizzle` writes \
         one; another name or place is given by --config FILE",
        folder.display()
    )]
    NoConfig { folder: PathBuf },

    /// drizzle-kit is not installed in the project.
    #[error(
        "drizzle-kit is not installed: no node_modules/.bin/drizzle-kit in {} or above\n  = help: \
         `{install}`",
        folder.display()
    )]
    NoKit {
        folder: PathBuf,
        install: &'static str,
    },

    /// There is no Node.js.
    #[error(
        "drizzle-kit cannot run: there is no Node.js\n  = help: install it (https://nodejs.org), or put \
         `node` on the PATH\n  = note: only `generate` and `push` need it; a build, a boot and `check` do not"
    )]
    NoNode,

    /// drizzle-kit says that it failed.
    #[error("drizzle-kit failed{}\n  = note: what it said is above", with_code(*code))]
    KitFailed { code: Option<i32> },

    /// drizzle-kit ended well, and there is no new file.
    #[error(
        "drizzle-kit wrote no migration, though it did not say that it failed\n  = note: what it said is \
         above; it asks about renames, and without a terminal nobody can answer\n  = help: run it in a \
         terminal"
    )]
    NothingWritten,

    /// drizzle-kit writes where pgmig does not look.
    #[error(
        "{config}: drizzle-kit writes to `{out}`, which is not in the folder of migrations\n  = help: \
         write `out: './{wanted}'`, or name the folder of migrations by --path"
    )]
    WrittenElsewhere {
        config: String,
        out: String,
        wanted: String,
    },

    /// `push` to a database that is, or may be, somebody else's.
    #[error(
        "push changes a database without a migration, and this one is not known to be local: {why}\n  \
         = help: for a database that others use, `cargo pgmig generate` and deploy\n  = help: if it is \
         meant: `cargo pgmig push --force`"
    )]
    NotLocal { why: String },

    /// `push` without `schemaFilter`.
    #[error(
        "{config}: no `schemaFilter`\n  = note: `drizzle-kit push` drops schemas that it does not know, \
         those of tenants and pgmig's own\n  = help: write `schemaFilter: ['public']`"
    )]
    NoSchemaFilter { config: String },

    /// `push` would drop what the migrations of `public` made.
    #[error(
        "{config}: push would drop `{}`, which migrations of public made and Drizzle's schema does not have\n  \
         = help: write `tablesFilter: ['*', {}]`",
        tables.join("`, `"), filter(tables)
    )]
    TablesAtRisk { config: String, tables: Vec<String> },

    /// `push` ended, and did not say that it is done.
    #[error("drizzle-kit did not say that it is done\n  = note: what it said is above")]
    NotPushed,

    /// The answer could not be written as JSON.
    #[error("cannot write the answer: {0}")]
    Json(#[source] serde_json::Error),
}

/// What the server says. The driver puts the line of PostgreSQL's own source behind it.
fn said(error: &sqlx::Error) -> String {
    let server = error.as_database_error();
    server.map_or_else(|| error.to_string(), |error| error.message().to_owned())
}

fn list(lines: &[String]) -> String {
    lines.iter().map(|line| format!("\n  - {line}")).collect()
}

impl Error {
    pub(crate) fn io(what: &'static str, path: impl AsRef<Path>, source: io::Error) -> Self {
        Error::Io {
            what,
            path: path.as_ref().to_owned(),
            source,
        }
    }
}

fn with_code(code: Option<i32>) -> String {
    code.map_or_else(
        || ": a signal ended it".to_owned(),
        |code| format!(": it ended with {code}"),
    )
}

/// What `tablesFilter` has for tables that are to be left alone.
fn filter(tables: &[String]) -> String {
    let tables: Vec<String> = tables.iter().map(|table| format!("'!{table}'")).collect();
    tables.join(", ")
}
