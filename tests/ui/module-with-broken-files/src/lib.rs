//! A library that embeds its folder.

pgmig::embed_migrations! { pub mod migrations }

pub use migrations::MIGRATIONS;
use migrations::{Public, Tenant};

/// Names every migration, those with mistakes too: that makes no further errors.
pub fn names(public: Public) -> [&'static str; 4] {
    match public {
        Public::CreateUsers | Public::CreatePlans | Public::CreateCafes => {}
    }
    [
        Public::CreateUsers.name(),
        Public::CreatePlans.name(),
        Public::LATEST.name(),
        Tenant::LATEST.name(),
    ]
}
