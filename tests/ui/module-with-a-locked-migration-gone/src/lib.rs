//! A library that embeds its folder.

pgmig::embed_migrations! { pub mod migrations }

/// Names the one that is gone: that makes no further error.
pub fn latest() -> &'static str {
    migrations::Public::CreateOrders.name()
}
