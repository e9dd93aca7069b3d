//! A library that embeds its folder.

const FOLDER: &str = "migrations";

/// No path in quotes.
pub static A: pgmig::Migrations = pgmig::embed_migrations!(FOLDER);
/// An unknown argument, and one twice.
pub static B: pgmig::Migrations =
    pgmig::embed_migrations!("migrations", layuot = "sqlx", crate = pgmig, crate = pgmig);
/// No number.
pub static C: pgmig::Migrations = pgmig::embed_migrations!(1);
/// Two paths.
pub static D: pgmig::Migrations = pgmig::embed_migrations!("migrations", "more");
/// A place of one machine.
pub static E: pgmig::Migrations = pgmig::embed_migrations!("/srv/migrations");
/// Nothing at all.
pub static F: pgmig::Migrations = pgmig::embed_migrations!("");

/// A layout that is none, and a tenant folder that is no path.
pub static G: pgmig::Migrations =
    pgmig::embed_migrations!("migrations", layout = "sqlite", tenant = 1);

/// Type-checks all the same.
pub fn public() -> usize {
    [&A, &B, &C, &D, &E, &F, &G].map(|one| one.public().len()).iter().sum()
}
