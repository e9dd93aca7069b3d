//! `verify`: whether schemas are what their migrations make; changes nothing.

use std::fmt::{self, Formatter};

use pgmig_runtime::{DriftGroup, Migrator, Verification};
use uuid::Uuid;

use super::paint::{BAD, DOUBTFUL, FAINT, GOOD, NAME, count, paint, time};
use super::{Answer, Common, Error};

/// Compare schemas with what their migrations make, whatever the ledger says; changes nothing
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = "\
Examples:
  app verify                public and every tenant in the ledger
  app verify --public
  app verify --tenant 6b1f6f0a-3f0e-4b53-9a53-0d6c1a0e7f11
  app verify --fleet        the tenants; those that differ in the same way are told together
  app verify --sql          what would repair each schema, where that is mechanical
  app verify --json | jq '.drifted[].schemas'

What a schema should be comes from replaying the migrations that it has by the ledger, in a
transaction that is rolled back. Ends with 11 when a schema is something else, with 6 when none is
but one could not be compared.")]
#[non_exhaustive]
pub struct Verify {
    /// Only public
    #[arg(long, conflicts_with_all = ["tenant", "fleet"])]
    pub public: bool,

    /// Only the schema of this tenant; may be given several times
    #[arg(long, value_name = "UUID", conflicts_with = "fleet")]
    pub tenant: Vec<Uuid>,

    /// Only the tenants, all that the ledger has
    #[arg(long)]
    pub fleet: bool,

    /// Write the statements that would repair each schema, and what is to know as comments
    #[arg(long, conflicts_with = "json")]
    pub sql: bool,

    #[allow(missing_docs, reason = "clap would show it")]
    #[command(flatten)]
    pub common: Common,
}

impl Verify {
    pub(super) async fn answer(&self, migrator: &Migrator) -> Result<Answer, Error> {
        let (pool, migrator) = self.common.open(migrator)?;
        let verification = if self.public {
            migrator.verify_public(&pool).await
        } else if self.fleet {
            migrator.verify_fleet(&pool).await
        } else if self.tenant.is_empty() {
            migrator.verify(&pool).await
        } else {
            migrator.verify_tenants(&pool, &self.tenant).await
        };
        Ok(match self.sql {
            true => Answer::Repairs(verification?),
            false => Answer::Verification(verification?),
        })
    }
}

/// How many schemas of a group are named.
const NAMED: usize = 5;

/// A paragraph a group of schemas that differ in the same way.
pub(super) fn report(f: &mut Formatter<'_>, found: &Verification) -> fmt::Result {
    let drifted = found.drifted.iter().map(|group| group.schemas.len()).sum();
    if found.sound > 0 {
        let line = schemas(found.sound, "is", "are");
        let took = time(found.duration);
        writeln!(f, "{} ({took})", paint(f, GOOD, line))?;
    }
    if drifted > 0 {
        let line = schemas(drifted, "is not", "are not");
        writeln!(f, "{}", paint(f, BAD, line))?;
    }
    for group in &found.drifted {
        writeln!(f)?;
        self::group(f, group)?;
    }
    let others = !found.unverified.is_empty() || !found.not_replayed.is_empty();
    if others && drifted > 0 {
        writeln!(f)?;
    }
    for one in &found.unverified {
        let schema = paint(f, NAME, &one.schema);
        let why = paint(f, DOUBTFUL, format!("not compared: {}", one.why));
        writeln!(f, "{schema}: {why}")?;
    }
    for one in &found.not_replayed {
        let note = format!(
            "not replayed, so what it does is not compared: {} in {}:{}",
            one.kind, one.path, one.line
        );
        writeln!(f, "{}", paint(f, FAINT, note))?;
    }
    if found.sound + drifted + found.unverified.len() == 0 {
        writeln!(f, "nothing to compare: the ledger has no such schema")?;
    }
    Ok(())
}

fn schemas(number: usize, one: &str, many: &str) -> String {
    let (is, its) = match number {
        1 => (one, "its"),
        _ => (many, "their"),
    };
    format!(
        "{} {is} what {its} migrations make",
        count(number, "schema")
    )
}

fn group(f: &mut Formatter<'_>, group: &DriftGroup) -> fmt::Result {
    writeln!(f, "{}:", paint(f, NAME, names(&group.schemas)))?;
    for difference in &group.differences {
        writeln!(f, "  - {difference}")?;
    }
    let Some(first) = group.schemas.first() else {
        return Ok(());
    };
    let repair = group.repair(first);
    match repair.is_empty() {
        true => {}
        false if group.schemas.len() == 1 => writeln!(f, "  repaired by:")?,
        false => writeln!(f, "  repaired by, in {first} (the others: --sql):")?,
    }
    for statement in repair {
        let statement = statement.replace('\n', "\n    ");
        writeln!(f, "    {};", paint(f, FAINT, statement))?;
    }
    match by_hand(group) {
        0 => Ok(()),
        number => writeln!(f, "  {} to be decided by hand", count(number, "difference")),
    }
}

fn names(schemas: &[String]) -> String {
    let shown = schemas.iter().take(NAMED).map(String::as_str);
    let shown = shown.collect::<Vec<_>>().join(", ");
    match schemas.len().checked_sub(NAMED) {
        Some(more @ 1..) => format!("{shown} and {more} more"),
        _ => shown,
    }
}

/// How many differences have more than one way out, or one that loses data.
fn by_hand(group: &DriftGroup) -> usize {
    let differences = group.differences.iter();
    differences
        .filter(|difference| difference.repair.is_empty())
        .count()
}

/// SQL that can be read, kept and piped: what is not a statement is a comment.
pub(super) fn repairs(f: &mut Formatter<'_>, found: &Verification) -> fmt::Result {
    if found.drifted.is_empty() {
        writeln!(f, "-- nothing to repair")?;
    }
    for group in &found.drifted {
        for schema in &group.schemas {
            writeln!(f, "{}", paint(f, NAME, format!("-- {schema}")))?;
            for difference in &group.differences {
                let by_hand = match difference.repair.is_empty() {
                    true => "by hand: ",
                    false => "",
                };
                let difference = difference.to_string().replace('\n', "\n--   ");
                writeln!(f, "-- - {by_hand}{difference}")?;
            }
            for statement in group.repair(schema) {
                writeln!(f, "{statement};")?;
            }
            writeln!(f)?;
        }
    }
    for one in &found.unverified {
        writeln!(f, "-- {}: not compared: {}", one.schema, one.why)?;
    }
    Ok(())
}
