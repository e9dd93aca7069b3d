//! The commands of pgmig.
