//! Why an edit of the folder was refused or failed.

use std::io;

use crate::Problem;

/// Why an edit of the folder was refused or failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something is wrong with the folder that has to be put right first.
    #[error("{}", rendered(.0))]
    Problems(Vec<Problem>),
    /// No migration has this name.
    #[error("no migration is called `{name}`{}", did_you_mean(.nearest.as_deref()))]
    UnknownName {
        /// The name that was given.
        name: String,
        /// The nearest name that there is.
        nearest: Option<String>,
    },
    /// More than one migration has this name.
    #[error("more than one migration is called `{name}`: say which one, `{}`", .paths.join("` or `"))]
    AmbiguousName {
        /// The name that was given.
        name: String,
        /// What to give instead.
        paths: Vec<String>,
    },
    /// The migration is as the lock file has it, or is not locked.
    #[error("there is nothing to accept of `{name}`: the lock file does not disagree with it")]
    NothingToAccept {
        /// The name that was given.
        name: String,
    },
    /// The name has no letter or digit.
    #[error("`{name}` is no name for a migration: use letters, digits and `_`")]
    InvalidName {
        /// The name that was given.
        name: String,
    },
    /// A migration has this name already.
    #[error("the name `{name}` is taken: {path}")]
    NameTaken {
        /// The name that was given.
        name: String,
        /// The file that has it.
        path: String,
    },
    /// The folder is the public scope itself, so it has no place for the migrations of tenants.
    #[error(
        "{folder} holds the migrations of `public` directly: move them into {folder}/public/ first"
    )]
    FlatFolder {
        /// The folder.
        folder: String,
    },
    /// drizzle-kit writes the migrations of this folder.
    #[error(
        "{folder} is written by drizzle-kit: change the schema in TypeScript and run `cargo pgmig generate`, or for SQL of your own `cargo pgmig generate --custom`"
    )]
    Generated {
        /// The folder.
        folder: String,
    },
    /// The files of this layout get another version by hand.
    #[error(
        "{path} follows the layout `{layout}`, whose names pgmig does not change: rename it yourself, and in the database of {layout} too where it has been applied"
    )]
    NotRenamed {
        /// The file.
        path: String,
        /// Whose rules it follows.
        layout: crate::Layout,
    },
    /// Two migrations that are both locked have the same version, so a person has to choose.
    #[error(
        "version {version} of {scope} is locked twice: the one that is applied nowhere yet gets \
         the next version, `cargo pgmig renumber {}` or `cargo pgmig renumber {}`", .names[0], .names[1]
    )]
    LockedTwice {
        /// The scope.
        scope: crate::Scope,
        /// The version.
        version: crate::Version,
        /// The names of both.
        names: [String; 2],
    },
    /// Nothing of a scope is locked, so that there is nothing to make a baseline of.
    #[error(
        "no migration of {scope} is locked, and a baseline flattens what is locked: `cargo pgmig lock` first"
    )]
    NothingLocked {
        /// The scope.
        scope: crate::Scope,
    },
    /// A migration that is not locked comes before one that is.
    #[error(
        "{path} is not locked and comes before `{newest}`, which is: a baseline would leave it out; `cargo pgmig lock` first"
    )]
    DraftBefore {
        /// The draft.
        path: String,
        /// The name of the newest locked migration.
        newest: String,
    },
    /// A file could not be written or renamed.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

fn rendered(problems: &[Problem]) -> String {
    let all: Vec<String> = problems.iter().map(Problem::render).collect();
    all.join("\n\n")
}

fn did_you_mean(nearest: Option<&str>) -> String {
    match nearest {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "\n  = help: the name is the file's, without its version: `create_users` of \
                 `001_create_users.sql`"
            .to_owned(),
    }
}
