//! A library that embeds its folder.

pgmig::embed_migrations! { pub mod }
pgmig::embed_migrations! { pub mod migrations = }
pgmig::embed_migrations! { #[allow(dead_code)] }
