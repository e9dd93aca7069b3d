//! The checked model behind pgmig: a folder of migrations on disk becomes a [`Folder`], or a list
//! of [`Problem`]s that name the file, the line and the way out.
//!
//! No async, no database, no tokens: the macro and `cargo pgmig` both call [`load`], so that they
//! cannot disagree.

pub mod baseline;
mod checksum;
pub mod directive;
pub mod edit;
mod error;
mod folder;
mod layout;
pub mod lint;
pub mod lock;
mod model;
mod nearest;
mod parallel;
mod problem;
mod script;
mod settings;
mod shell;
pub mod sql;
mod tokens;

pub use error::Error;
pub use folder::{Absent, Loaded, Options, load, load_with};
pub use layout::{Layout, UnknownLayout};
pub use model::{
    Baseline, Checksum, DrizzleEntry, Folder, Head, Migration, Scope, Script, TenantFolder, Version,
};
pub use nearest::nearest;
pub use problem::{Position, Problem, Severity};
