//! What is in a database, by `pg_dump`.

use std::process::Command;

use crate::Result;

/// The tables in which tools keep their records.
const RECORDS: [&str; 9] = [
    "_sqlx_migrations",
    "refinery_schema_history",
    "__diesel_schema_migrations",
    "seaql_migrations",
    "schema_migrations",
    "goose_db_version",
    "_prisma_migrations",
    "flyway_schema_history",
    "river_migration_unused",
];

/// The schema of a database without what tools record about themselves.
pub fn dump(url: &str) -> Result<String> {
    let mut command = Command::new("pg_dump");
    command.args([
        "--schema-only",
        "--no-owner",
        "--exclude-schema=pgmig",
        "--exclude-schema=drizzle",
    ]);
    for table in RECORDS {
        command.arg(format!("--exclude-table=*.{table}"));
        command.arg(format!("--exclude-table=*.{table}_id_seq"));
    }
    let output = command.arg(url).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    let text = String::from_utf8(output.stdout)?;
    let is_content =
        |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    Ok(text
        .lines()
        .filter(is_content)
        .collect::<Vec<_>>()
        .join("\n"))
}

/// The first lines in which two dumps differ.
pub fn difference(ours: &str, theirs: &str) -> Option<String> {
    if ours == theirs {
        return None;
    }
    let mut pairs = ours.lines().zip(theirs.lines()).enumerate();
    let place = pairs.find(|(_, (ours, theirs))| ours != theirs);
    Some(match place {
        Some((line, (ours, theirs))) => {
            format!("line {}:\n  pgmig: {ours}\n  other: {theirs}", line + 1)
        }
        None => format!(
            "{} lines and {} lines",
            ours.lines().count(),
            theirs.lines().count()
        ),
    })
}
