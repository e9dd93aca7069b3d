//! `cargo pgmig`: what a developer does by hand with a folder of migrations.

mod dev;

use std::process::ExitCode;

fn main() -> ExitCode {
    dev::main(std::env::args_os())
}
