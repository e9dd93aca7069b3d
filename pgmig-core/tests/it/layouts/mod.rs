//! Other tools' folders, as those tools write them, and oddities of each.

mod detected;
mod diesel;
mod drizzle;
mod drizzle_tenant;
mod flyway;
mod goose_dbmate;
mod numbered;
mod own;
mod prisma;
mod refinery;
