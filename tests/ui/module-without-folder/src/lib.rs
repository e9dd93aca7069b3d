//! A library that embeds its folder.

pgmig::embed_migrations! { pub mod migrations = "db/migrations" }

/// Resolves without a folder.
pub fn latest() -> [&'static str; 2] {
    [
        migrations::Public::LATEST.name(),
        migrations::Tenant::LATEST.name(),
    ]
}
