//! `cargo pgmig`.

fn main() {}
