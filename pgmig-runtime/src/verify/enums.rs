//! Enums whose labels are added by later migrations.
//!
//! A label that `ALTER TYPE ... ADD VALUE` adds cannot be used before it is committed, and a replay
//! commits nothing. So the statements about types run once before the replay, alone, to see which
//! labels each enum ends up with; then the replay creates it with all of them at once.

use std::collections::{BTreeMap, HashMap};

use super::shadow::Shadow;
use crate::db::required;
use crate::embedded::{Probe, ScriptParts, Statement};
use crate::failure::Failure;
use crate::{Description, Migration};

/// The labels of enums, by the enum's name.
type Labels = BTreeMap<String, Vec<String>>;

/// What enums will be, and what they are in between.
#[derive(Default)]
pub(super) struct Enums {
    /// By script and statement: what creates the enum with all its labels.
    creations: HashMap<(&'static str, usize), String>,
    /// The labels after each number of migrations.
    after: Vec<Labels>,
}

/// What is known of the enums so far.
#[derive(Default)]
struct Watched {
    /// The name under which each label was added, by its OID: it may be renamed later.
    added: HashMap<String, String>,
    /// The labels of each enum in order, by their OIDs, as last seen.
    last: HashMap<String, Vec<String>>,
    /// Each enum's OID and how many labels it was created with.
    created: HashMap<(&'static str, usize), (String, usize)>,
    now: Labels,
    /// The OID of each enum by its name.
    oids: HashMap<String, String>,
}

impl Enums {
    /// Looks ahead.
    pub(super) async fn foresee(
        shadow: &mut Shadow<'_>,
        migrations: &'static [Migration],
    ) -> Result<Self, Failure> {
        let mut statements = migrations
            .iter()
            .flat_map(|migration| migration.0.up.0.statements.slice());
        if !statements.any(adds_label) {
            return Ok(Enums::default());
        }
        shadow.ask("SAVEPOINT pgmig_enums".to_owned()).await?;
        let watched = watch(shadow, migrations).await;
        shadow
            .ask("ROLLBACK TO SAVEPOINT pgmig_enums; RELEASE SAVEPOINT pgmig_enums".to_owned())
            .await?;
        // Types that need tables cannot be made alone: the replay does without the foresight, and
        // says where it fails if it does.
        Ok(watched.unwrap_or_default())
    }

    /// What to send instead of a statement: nothing for a label that is there already, an enum with
    /// all its labels; `None` for the statement itself.
    pub(super) fn instead_of(&self, script: &ScriptParts, index: usize) -> Option<&str> {
        if self.creations.is_empty() {
            return None;
        }
        match script.statements.get(index) {
            Some(statement) if adds_label(statement) => Some(""),
            _ => self
                .creations
                .get(&(script.path, index))
                .map(String::as_str),
        }
    }

    /// Gives the enums of a description the labels that they have after `count` migrations. True
    /// when they had others.
    pub(super) fn correct(&self, description: &mut Description, count: usize) -> bool {
        let Some(labels) = count.checked_sub(1).and_then(|index| self.after.get(index)) else {
            return false;
        };
        let corrected = labels
            .iter()
            .map(|(name, labels)| description.set_labels(name, labels));
        corrected.filter(|corrected| *corrected).count() > 0
    }
}

async fn watch(
    shadow: &mut Shadow<'_>,
    migrations: &'static [Migration],
) -> Result<Enums, Failure> {
    let mut watched = Watched::default();
    let mut enums = Enums::default();
    for migration in migrations {
        let script = &migration.0.up.0;
        for (index, statement) in script.statements.iter().enumerate() {
            if !["CREATE TYPE", "ALTER TYPE", "DROP TYPE"].contains(&statement.0.kind) {
                continue;
            }
            let mut message = shadow.message(migration);
            shadow.add(&mut message, migration, index);
            shadow
                .send(&message)
                .await
                .map_err(|failed| Failure::ledger(super::DOING, failed.error))?;
            watched.look(shadow, migration).await?;
            watched.note_creation(script, index, statement);
        }
        enums.after.push(watched.now.clone());
    }
    for (place, (oid, labels)) in &watched.created {
        let last = watched.last.get(oid).map_or(&[][..], Vec::as_slice);
        if last.len() > *labels {
            let labels = last.iter().filter_map(|label| watched.added.get(label));
            let labels: Vec<String> = labels.map(|label| crate::quote::literal(label)).collect();
            let name = watched.oids.iter().find(|(_, known)| *known == oid);
            let name = name.map_or("", |(name, _)| name);
            let create = format!(
                "CREATE TYPE {} AS ENUM ({})",
                crate::quote::ident(name),
                labels.join(", ")
            );
            enums.creations.insert(*place, create);
        }
    }
    Ok(enums)
}

impl Watched {
    /// Reads the labels as they are now.
    async fn look(
        &mut self,
        shadow: &mut Shadow<'_>,
        migration: &Migration,
    ) -> Result<(), Failure> {
        let query = format!(
            "SELECT t.oid::text AS enum, t.typname::text AS name, e.oid::text AS label, e.enumlabel::text AS text \
             FROM pg_catalog.pg_type AS t JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace \
             JOIN pg_catalog.pg_enum AS e ON e.enumtypid = t.oid WHERE n.nspname = {} ORDER BY e.enumsortorder",
            crate::quote::literal(shadow.schema(migration))
        );
        let answers = shadow.ask(query).await?;
        self.now.clear();
        let mut seen: HashMap<String, Vec<String>> = HashMap::new();
        for row in answers.iter().flatten() {
            let read = |column| required(row, column).map_err(Failure::decoding);
            let (of, name, label, text) =
                (read("enum")?, read("name")?, read("label")?, read("text")?);
            seen.entry(of.clone()).or_default().push(label.clone());
            self.now.entry(name.clone()).or_default().push(text.clone());
            self.added.entry(label).or_insert(text);
            // Under the name that it was created with.
            if !self.oids.values().any(|known| *known == of) {
                self.oids.insert(name, of);
            }
        }
        self.last.extend(seen);
        Ok(())
    }

    fn note_creation(&mut self, script: &ScriptParts, index: usize, statement: &Statement) {
        let name = statement.0.objects.first().map_or("", |object| object.name);
        let created = self
            .oids
            .get(name)
            .filter(|_| statement.0.kind == "CREATE TYPE");
        if let Some(oid) = created {
            let labels = self.last.get(oid).map_or(0, Vec::len);
            self.created
                .insert((script.path, index), (oid.clone(), labels));
        }
    }
}

fn adds_label(statement: &Statement) -> bool {
    matches!(statement.0.probe, Probe::EnumValue { .. })
}
