//! PostgreSQL migrations, checked and embedded at compile time, for one schema or one schema per
//! tenant.
//!
//! [`embed_migrations!`] reads a folder of SQL while the crate compiles, reports every mistake in
//! it as an error of the build, and puts the checked result into the binary as constant data.
//! Nothing is parsed and nothing allocated when the program starts.
//!
//! ```
//! static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
//!
//! for migration in MIGRATIONS.public() {
//!     println!("{} {}", migration.version(), migration.name());
//! }
//! ```
//!
//! # Features
//!
//! - `macros` (default): [`embed_migrations!`].
//! - `test`: `#[pgmig::test]` and the module `testing`, for `[dev-dependencies]`.
//! - `cli`: the database commands for an app's own command line. Brings clap.
//! - `tls-rustls`: TLS, passed through to sqlx. For the platform's TLS enable `tls-native-tls` on
//!   your own dependency on sqlx: Cargo unifies the features of one sqlx.

// docs.rs says beside an item which feature brings it.
#![cfg_attr(docsrs, feature(doc_cfg))]

/// The database commands, for an app's own command line.
#[cfg(feature = "cli")]
pub use pgmig_cli as cli;
/// Embeds a folder of migrations: an expression of type [`Migrations`], or a module with a typed
/// list.
///
/// The folder is `migrations` beside the calling crate's `Cargo.toml`, or the one that is named,
/// relative to `Cargo.toml`; `\` is read as `/`. Each file is embedded once.
///
/// # As an expression
///
/// ```
/// use pgmig::{Migrations, embed_migrations};
///
/// static MIGRATIONS: Migrations = embed_migrations!();
/// static THE_SAME: Migrations = embed_migrations!("migrations");
///
/// let first = &MIGRATIONS.public()[0];
/// assert_eq!(first.name(), "create_public_tables");
/// assert_eq!(first.path(), "migrations/public/001_create_public_tables.sql");
/// assert_eq!(first.checksum(), THE_SAME.public()[0].checksum());
///
/// // What the binary carries can be listed and written out.
/// let file = MIGRATIONS.files().get_file("public/001_create_public_tables.sql");
/// assert_eq!(file.and_then(|file| file.contents_utf8()), Some(first.sql()));
/// ```
///
/// # As a module
///
/// Generates the static `MIGRATIONS` and one enum a scope (`Drizzle` only where there is such a
/// folder), a variant a migration. Code that names
/// a migration stops compiling when the migration is gone. A name that two migrations share in
/// `CamelCase` gets its version behind it (`AddXV7`), one that begins with a digit an underscore
/// in front.
///
/// ```
/// pgmig::embed_migrations! { pub mod migrations }
///
/// use migrations::{MIGRATIONS, Public, Tenant};
///
/// assert_eq!(Public::CreatePublicTables.name(), "create_public_tables");
/// assert_eq!(Public::CreatePublicTables.version(), pgmig::Version::new("1"));
/// assert_eq!(Public::CreatePublicTables.to_string(), "1_create_public_tables");
/// assert!(Tenant::CreateCustomers < Tenant::LATEST);
/// assert_eq!(Tenant::ALL.len(), MIGRATIONS.tenant().len());
/// assert!(Tenant::LATEST.migration().down_sql().is_some());
/// ```
///
/// Attributes and a visibility go before `mod`, another folder after it:
/// `embed_migrations! { pub(crate) mod billing = "billing/migrations" }`.
///
/// # Named arguments
///
/// After the path, or in its place:
///
/// - `layout = "sqlx"`: whose rules the folder follows. It is told by the files themselves where
///   they tell; the layouts are `pgmig`, `sqlx`, `refinery`, `diesel`, `golang-migrate` (`river`
///   and `sea-orm` mean the same), `goose`, `dbmate`, `prisma`, `flyway` and `drizzle`. `layout` in
///   the folder's `pgmig.toml` says it too, and there `cargo pgmig` sees it.
/// - `tenant = "path"`: the folder of the tenant scope, where that is not `tenant/` in the folder,
///   from the crate's directory. `tenant` in the folder's `pgmig.toml` says it too, from the folder
///   (`tenant = "../tenants"`), and there `cargo pgmig` sees it. What is said in both places has to
///   be the same.
/// - `adopt = "sqlx"`: take over what this tool has applied to the database, at the first boot; or
///   `any`, or `nothing`. As [`Migrator::adopt`].
/// - `crate = path`: where pgmig is, if it is not `::pgmig`, for a crate that was renamed or is
///   re-exported: `embed_migrations!("db", crate = my_database::pgmig)`.
///
/// # Errors
///
/// Every problem of every file is an error of the build, with the file, the line and the way out:
///
/// ```text
/// error: migrations/public/001_create_users.sql:1:11: unknown directive `no-transation`
///          |
///        1 | -- pgmig: no-transation
///          |           ^^^^^^^^^^^^^
///          |
///          = help: did you mean `no-transaction`?
///  --> src/main.rs:3:48
/// ```
///
/// A migration that `pgmig.lock` does not have yet is a *draft*. It compiles in a debug build (one
/// with `debug_assertions`), but not in a release build, and in none where the environment
/// variable `PGMIG_LOCKED` is set (to anything but `0` or `false`), as CI should.
///
/// # When it is expanded again
///
/// Cargo sees every edit of an embedded file, of the lock file and of `PGMIG_LOCKED`. It does not
/// see a file that is *added*: [`build`] is one line that makes it. The macro only
/// reads: it never writes a file.
#[cfg(feature = "macros")]
pub use pgmig_macros::embed_migrations;
/// Makes an `async fn` a test with a database of its own, migrated.
///
/// ```
/// static MIGRATIONS: pgmig::Migrations = pgmig::embed_migrations!();
///
/// #[cfg(test)]
/// mod tests {
///     use pgmig::{Uuid, testing::TestDb};
///     use sqlx::PgPool;
///
///     #[pgmig::test]
///     async fn there_is_nobody_at_first(pool: PgPool) -> sqlx::Result<()> {
///         let users = sqlx::query("SELECT FROM users").fetch_all(&pool).await?;
///         assert!(users.is_empty());
///         Ok(())
///     }
///
///     #[pgmig::test]
///     async fn a_tenant_has_its_own_tables(db: TestDb, tenant: Uuid) -> sqlx::Result<()> {
///         sqlx::query("SELECT FROM invoices").fetch_all(&db.tenant_pool(tenant)).await?;
///         Ok(())
///     }
/// }
/// # fn main() {}
/// ```
///
/// The test takes what it needs, in any order: [`testing::Argument`] is the list. A tenant is made
/// where one is asked for. It returns nothing or a `Result`, and may have `#[ignore]`,
/// `#[should_panic]` and any other attribute of a test. It runs on one thread, as with
/// `#[tokio::test]`.
///
/// How the database is made, what that costs and what becomes of it is told in [`testing`].
///
/// # Options
///
/// In brackets, `#[pgmig::test(migrations = shop::MIGRATIONS, threads = 4)]`:
///
/// - `migrations = path`: the list, or an `embed_migrations!`; [`Migrations`], `crate::MIGRATIONS`
///   otherwise. In a file of the folder `tests` the crate is that file's own, so it is named there.
/// - `migrator = expression`: a [`Migrator`], for an app that has settings, such as a
///   [`tenant_schema`](Migrator::tenant_schema).
/// - `tenant`: the database has a tenant although no argument is a [`Uuid`]:
///   [`TestDb::tenant`](testing::TestDb::tenant).
/// - `threads = number`: runs the test on as many threads, with tokio's multi-threaded runtime.
/// - `crate = path`: where pgmig is, if it is not `::pgmig`.
#[cfg(feature = "test")]
pub use pgmig_macros::test;
pub use pgmig_runtime::*;

pub mod build;
#[cfg(feature = "test")]
pub mod testing;

/// The code in the README and in the guides compiles.
#[cfg(all(doctest, feature = "cli", feature = "macros"))]
mod pages {
    #[doc = include_str!("../README.md")]
    mod readme {}
    #[doc = include_str!("../docs/index.md")]
    mod index {}
    #[doc = include_str!("../docs/command-line.md")]
    mod command_line {}
    #[doc = include_str!("../docs/guides/schema-per-tenant.md")]
    mod schema_per_tenant {}
    #[doc = include_str!("../docs/guides/from-sqlx.md")]
    mod from_sqlx {}
    #[doc = include_str!("../docs/guides/from-refinery.md")]
    mod from_refinery {}
    #[doc = include_str!("../docs/guides/from-diesel.md")]
    mod from_diesel {}
}
