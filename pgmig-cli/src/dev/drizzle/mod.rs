//! drizzle-kit, the project's own, run where pgmig knows what to make of it: `generate` and `push`.
//!
//! Its exit code tells little: 0.x ends with 0 after a schema that does not parse, and after a
//! question that nobody could answer. What happened is seen in the files.

mod config;
mod files;
mod generate;
mod kit;
mod push;

pub(super) use generate::Generate;
pub(super) use kit::install;
pub(super) use push::Push;

use std::path::PathBuf;

/// Which config of drizzle-kit is meant.
#[derive(clap::Args, Clone, Debug)]
struct ConfigArgs {
    /// The config of drizzle-kit [default: the nearest drizzle.config.ts (.js, .json, ...) upwards]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Arguments for drizzle-kit itself
    #[arg(last = true, value_name = "ARGS")]
    kit_args: Vec<String>,
}
