//! What the comparisons share: folders embedded at run time, databases dumped.

pub mod dump;
mod embed;
pub mod tool;

pub use embed::{Embedded, embed};

/// Any error, for programs whose user reads it.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
