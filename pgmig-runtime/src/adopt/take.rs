//! What a tool recorded, against the migrations of the binary.

use std::collections::BTreeMap;

use ::sqlx::postgres::PgRow;

use super::source::Source;
use super::{
    Misfit, Tool, dbmate, diesel, drizzle, flyway, golang_migrate, goose, prisma, refinery,
    sea_orm, sqlx,
};
use crate::db::text;
use crate::repeatable::{Application, Applications};
use crate::{Migration, Version};

/// A row of a tool's table, brought to one form.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The version, or what stands for it.
    pub(super) version: Option<String>,
    pub(super) name: Option<String>,
    pub(super) checksum: Option<String>,
    /// What kind of row it is, where the tool has several.
    pub(super) kind: Option<String>,
    /// Why the tool says that it is not done.
    pub(super) wrong: Option<String>,
    /// When it was applied, as PostgreSQL writes and reads it.
    pub(super) at: Option<String>,
}

impl Row {
    fn decode(row: &PgRow) -> ::sqlx::Result<Self> {
        Ok(Row {
            version: text(row, "version")?,
            name: text(row, "name")?,
            checksum: text(row, "checksum")?,
            kind: text(row, "kind")?,
            wrong: text(row, "wrong")?,
            at: text(row, "at")?,
        })
    }

    /// What a person knows it by.
    pub(super) fn shown(&self) -> String {
        let words = [self.version.as_deref(), self.name.as_deref()];
        let words: Vec<&str> = words.into_iter().flatten().collect();
        format!("`{}`", words.join(" "))
    }
}

/// What a tool recorded of the binary's migrations.
#[derive(Debug, Default)]
pub(super) struct Taken {
    /// Which of the migrations are applied, and when.
    pub(super) applied: BTreeMap<usize, Option<String>>,
    /// Which of the repeatable migrations are applied as they are, and when.
    pub(super) repeated: BTreeMap<usize, Option<String>>,
    pub(super) misfits: Vec<Misfit>,
}

impl Taken {
    /// Notes that the tool does not call a migration done. True if so.
    pub(super) fn unfinished(&mut self, row: &Row) -> bool {
        if let Some(why) = &row.wrong {
            self.misfits.push(Misfit::Unfinished {
                recorded: row.shown(),
                why: why.clone(),
            });
        }
        row.wrong.is_some()
    }

    /// Notes that something was applied that the binary does not carry.
    pub(super) fn unknown(&mut self, row: &Row) {
        self.misfits.push(Misfit::Unknown {
            recorded: row.shown(),
        });
    }

    /// Notes that what is not in the binary is not applied either: the tool was told so.
    pub(super) fn found_again(&mut self, row: &Row) {
        let shown = row.shown();
        let is_it =
            |misfit: &Misfit| matches!(misfit, Misfit::Unknown { recorded } if *recorded == shown);
        self.misfits.retain(|misfit| !is_it(misfit));
    }

    /// Notes a migration as applied, if `same` says that it is what was applied.
    pub(super) fn take(
        &mut self,
        at: usize,
        migration: &'static Migration,
        row: &Row,
        same: Result<(), String>,
    ) {
        match same {
            Ok(()) => {
                self.applied.insert(at, row.at.clone());
            }
            Err(embedded) => self.misfits.push(Misfit::Edited {
                path: migration.path(),
                recorded: row.checksum.clone().unwrap_or_default(),
                embedded,
            }),
        }
    }

    /// Takes rows that have a version each; `check` compares the checksum.
    pub(super) fn by_version(
        &mut self,
        rows: &[Row],
        embedded: &'static [Migration],
        check: impl Fn(&Row, &'static Migration) -> Result<(), String>,
    ) {
        for row in rows {
            if self.unfinished(row) {
                continue;
            }
            let version = canonical(row.version.as_deref().unwrap_or_default());
            match position(embedded, &version) {
                Some((at, migration)) => self.take(at, migration, row, check(row, migration)),
                None => self.unknown(row),
            }
        }
    }

    /// Where the ledger knows some already, they are its own business; and what the binary does not
    /// carry may be from a newer one.
    fn catch_up(&mut self, embedded: &'static [Migration], known: &[&str]) {
        let is_known = |migration: &&Migration| known.contains(&migration.0.version);
        let known: Vec<&str> = embedded
            .iter()
            .filter(is_known)
            .map(Migration::path)
            .collect();
        self.misfits.retain(|misfit| match misfit {
            Misfit::Edited { path, .. } => !known.contains(path),
            Misfit::Unknown { .. } => false,
            _ => true,
        });
    }

    /// Notes the migrations that were not applied although one after them was.
    fn gaps(&mut self, embedded: &'static [Migration]) {
        let edited = |path: &str| {
            let is_it = |misfit: &Misfit| matches!(misfit, Misfit::Edited { path: other, .. } if *other == path);
            self.misfits.iter().any(is_it)
        };
        let mut gaps = Vec::new();
        let mut missing: Vec<&'static Migration> = Vec::new();
        for (at, migration) in embedded.iter().enumerate() {
            if self.applied.contains_key(&at) {
                gaps.extend(missing.drain(..).map(|before| Misfit::Gap {
                    path: before.path(),
                    after: migration.path(),
                }));
            } else if !edited(migration.path()) {
                missing.push(migration);
            }
        }
        self.misfits.extend(gaps);
    }
}

/// A version as pgmig writes it: numbers without leading zeros.
pub(super) fn canonical(version: &str) -> String {
    let parts = version.split('.').map(|part| {
        let significant = part.trim_start_matches('0');
        if significant.is_empty() {
            "0"
        } else {
            significant
        }
    });
    let parts: Vec<&str> = parts.collect();
    parts.join(".")
}

/// The migration of a version, and its place.
pub(super) fn position(
    embedded: &'static [Migration],
    version: &str,
) -> Option<(usize, &'static Migration)> {
    let version = Version::new(version);
    let mut all = embedded.iter().enumerate();
    all.find(|(_, migration)| migration.version() == version)
}

/// A tool's table as it was read.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) source: Source,
    /// The state of the table, by which it is known whether it has changed since.
    state: String,
    rows: Vec<Row>,
}

impl Found {
    /// The statements that read a tool's table.
    pub(super) fn query(source: &Source) -> String {
        let table = source.quoted();
        let rows = match source.tool {
            Tool::Sqlx => sqlx::query(&table),
            Tool::Refinery => refinery::query(&table),
            Tool::Diesel => diesel::query(&table),
            Tool::SeaOrm => sea_orm::query(&table),
            Tool::GolangMigrate => golang_migrate::query(&table),
            Tool::Goose => goose::query(&table),
            Tool::Dbmate => dbmate::query(&table),
            Tool::Prisma => prisma::query(&table),
            Tool::Flyway => flyway::query(&table),
            Tool::Drizzle => drizzle::query(&table, source.marked),
        };
        format!("SELECT {} AS state; {rows}", source.state())
    }

    /// Reads the answer to [`query`](Self::query).
    pub(super) fn decode(source: Source, answers: &[Vec<PgRow>]) -> ::sqlx::Result<Self> {
        let state = match answers.first().and_then(|rows| rows.first()) {
            Some(row) => text(row, "state")?.unwrap_or_default(),
            None => String::new(),
        };
        let rows = answers.iter().skip(1).flatten();
        Ok(Found {
            source,
            state,
            rows: rows.map(Row::decode).collect::<Result<_, _>>()?,
        })
    }

    /// Whether nothing is recorded.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What is to be taken over, or why it cannot be. `known` are versions that the ledger has.
    pub(super) fn adopt(
        self,
        embedded: &'static [Migration],
        repeatable: &'static [Migration],
        known: &[&str],
        gaps_allowed: bool,
    ) -> Result<Adopted, (Source, Vec<Misfit>)> {
        let mut taken = Taken::default();
        let rows = &self.rows;
        match self.source.tool {
            Tool::Sqlx => sqlx::take(rows, embedded, &mut taken),
            Tool::Refinery => refinery::take(rows, embedded, &mut taken),
            Tool::Diesel => diesel::take(rows, embedded, &mut taken),
            Tool::SeaOrm => sea_orm::take(rows, embedded, &mut taken),
            Tool::GolangMigrate => golang_migrate::take(rows, embedded, &mut taken),
            Tool::Goose => goose::take(rows, embedded, &mut taken),
            Tool::Dbmate => dbmate::take(rows, embedded, &mut taken),
            Tool::Prisma => prisma::take(rows, embedded, &mut taken),
            Tool::Flyway => flyway::take(rows, embedded, repeatable, &mut taken),
            Tool::Drizzle => drizzle::take(rows, embedded, &mut taken),
        }
        if known.is_empty() {
            if !gaps_allowed {
                taken.gaps(embedded);
            }
        } else {
            taken.catch_up(embedded, known);
        }
        if !taken.misfits.is_empty() {
            return Err((self.source, taken.misfits));
        }
        let new = taken.applied.into_iter().filter_map(|(at, applied_at)| {
            let migration = embedded.get(at)?;
            (!known.contains(&migration.0.version)).then_some((migration, applied_at))
        });
        let again = taken.repeated.into_iter();
        let again = again.filter_map(|(at, applied_at)| Some((repeatable.get(at)?, applied_at)));
        Ok(Adopted {
            migrations: new.collect(),
            repeatable: again.collect(),
            state: self.state,
            source: self.source,
        })
    }
}

/// What is taken over.
#[derive(Debug)]
pub(crate) struct Adopted {
    /// The migrations in version order, and when they were applied.
    pub(crate) migrations: Vec<(&'static Migration, Option<String>)>,
    /// The repeatable migrations that are applied as they are, and when they were.
    pub(crate) repeatable: Vec<(&'static Migration, Option<String>)>,
    source: Source,
    state: String,
}

impl Adopted {
    /// Where it comes from, as the ledger has it.
    pub(crate) fn origin(&self) -> String {
        format!("{}: {}", self.source.tool, self.source.shown())
    }

    /// The repeatable migrations, as if the ledger had them.
    pub(crate) fn applications(&self) -> Applications {
        let rows = self.repeatable.iter().map(|(migration, at)| Application {
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
            applied_at: at.clone().unwrap_or_default(),
            app: self.source.tool.to_string(),
            ..Application::default()
        });
        Applications {
            rows: rows.collect(),
            ..Applications::default()
        }
    }

    pub(crate) fn tool(&self) -> Tool {
        self.source.tool
    }

    pub(crate) fn table(&self) -> String {
        self.source.shown()
    }

    /// A condition that holds while the tool's table is as it was read.
    pub(crate) fn unchanged(&self) -> String {
        format!(
            "{} = {}",
            self.source.state(),
            crate::quote::literal(&self.state)
        )
    }
}
