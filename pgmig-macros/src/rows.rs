//! The migrations as Rust text: calls of the functions of `rows` in pgmig-runtime.
//!
//! Text, because these are most of what the macro writes: to cut it into tokens takes rustc a
//! fraction of the time that the macro, which is not optimised in a debug build, takes to put as
//! many together. No span is lost: all of it is the macro's call.

use std::ops::Range;

use pgmig_core::sql::{InTransaction, Object, Probe, Statement};
use pgmig_core::{Baseline, DrizzleEntry, Folder, Migration, Scope, Script};

use crate::files::Texts;

/// The lists of all migrations, and those that these refer to.
pub(crate) fn tables(folder: &Folder, shown: &str, texts: &Texts<'_>) -> String {
    let mut rows = Rows {
        folder,
        shown,
        texts,
        statements: Table::default(),
        objects: Table::default(),
        spans: Table::default(),
    };
    let mut text = String::new();
    for (name, migrations) in [
        ("PUBLIC", &folder.public),
        ("DRIZZLE", &folder.drizzle),
        ("TENANT", &folder.tenant),
        ("REPEATABLE", &folder.repeatable),
    ] {
        let mut table = Table::default();
        migrations
            .iter()
            .for_each(|one| table.push(&rows.migration(one)));
        text += &table.statics(name, "p::Migration");
    }
    let mut table = Table::default();
    folder
        .baselines
        .iter()
        .for_each(|one| table.push(&rows.baseline(one)));
    text += &table.statics("BASELINES", "p::Migration");
    text += &rows.statements.shared("STATEMENTS", "p::Statement");
    text += &rows.objects.shared("OBJECTS", "p::Object");
    text + &rows.spans.shared("SPANS", "p::Span")
}

/// A list, row by row.
#[derive(Default)]
pub(crate) struct Table {
    rows: String,
    count: usize,
}

impl Table {
    /// Adds a row.
    pub(crate) fn push(&mut self, row: &str) {
        self.rows.push_str(row);
        self.rows.push(',');
        self.count += 1;
    }

    /// Adds rows, and says where they are.
    fn extend(&mut self, rows: impl Iterator<Item = String>) -> String {
        let from = self.count;
        rows.for_each(|row| self.push(&row));
        format!("({from},{})", self.count)
    }

    /// It as a static, for what is there at run time as a whole.
    pub(crate) fn statics(&self, name: &str, of: &str) -> String {
        let Table { rows, count } = self;
        format!("static {name}:[{of};{count}]=[{rows}];")
    }

    /// It as a constant that is a slice of a static, for what others have parts of.
    pub(crate) fn shared(&self, name: &str, of: &str) -> String {
        let rows = self.statics(&format!("ALL_{name}"), of);
        format!("{rows}const {name}:&[{of}]=&ALL_{name};")
    }
}

/// The lists that migrations refer to.
struct Rows<'a> {
    folder: &'a Folder,
    shown: &'a str,
    texts: &'a Texts<'a>,
    statements: Table,
    objects: Table,
    spans: Table,
}

impl Rows<'_> {
    fn migration(&mut self, one: &Migration) -> String {
        let (version, digests) = (one.version.as_str(), [one.checksum.0, one.head.0]);
        let up = self.script(&one.up);
        let mut row = migration(one.scope, version, &one.name, digests, &up);
        if let Some(down) = &one.down {
            row = format!("p::with_down({row},{})", self.script(down));
        }
        if !one.locked {
            row = format!("p::draft({row})");
        }
        if one.commit_before {
            row = format!("p::commit_before({row})");
        }
        match &one.drizzle {
            Some(entry) => format!("p::with_drizzle({row},{})", drizzle_entry(entry)),
            None => row,
        }
    }

    /// In the form of a migration: the one with its version, whose script makes all before it too.
    fn baseline(&mut self, one: &Baseline) -> String {
        let (version, digests) = (one.version.as_str(), [one.checksum.0, one.head.0]);
        let up = self.script(&one.script);
        migration(one.scope, version, "baseline", digests, &up)
    }

    fn script(&mut self, script: &Script) -> String {
        let path = self.folder.shown(self.shown, &script.path);
        let text = self.texts.get(script.path.as_str());
        let text = text.copied().unwrap_or_default();
        let range = span(&script.range);
        let from = self.statements.count;
        for statement in &script.statements {
            let row = self.statement(statement);
            self.statements.push(&row);
        }
        let to = self.statements.count;
        let mut row = format!("p::script({path:?},TEXTS,{text},{range},STATEMENTS,({from},{to}))");
        if !script.transactional {
            row = format!("p::outside({row})");
        }
        if script.idempotent {
            row = format!("p::idempotent({row})");
        }
        row
    }

    fn statement(&mut self, statement: &Statement) -> String {
        let (range, line, kind) = (span(&statement.range), statement.line, &statement.kind);
        let objects = self.objects.extend(statement.objects.iter().map(object));
        let mut row = format!("p::statement({range},{line},{kind:?},OBJECTS,{objects})");
        if statement.in_transaction == InTransaction::Refused {
            row = format!("p::refused({row})");
        }
        if statement.destroys_data {
            row = format!("p::destroys_data({row})");
        }
        if let Some(probe) = probe(&statement.probe) {
            row = format!("p::with_probe({row},p::Probe::{probe})");
        }
        if let Some(word) = &statement.concurrently {
            row = format!("p::concurrently({row},{})", span(word));
        }
        for (with, places) in [
            ("with_slots", &statement.slots),
            ("with_public", &statement.public),
        ] {
            if !places.is_empty() {
                let places = self.spans.extend(places.iter().map(span));
                row = format!("p::{with}({row},SPANS,{places})");
            }
        }
        row
    }
}

fn migration(
    scope: Scope,
    version: &str,
    name: &str,
    [checksum, head]: [[u8; 32]; 2],
    up: &str,
) -> String {
    let scope = scope_name(scope);
    let [checksum, head] = [checksum, head].map(bytes);
    format!("p::migration(p::Scope::{scope},{version:?},{name:?},{checksum},{head},{up})")
}

/// What the scope is called in Rust.
pub(crate) fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Public => "Public",
        Scope::Drizzle => "Drizzle",
        Scope::Tenant => "Tenant",
    }
}

fn drizzle_entry(entry: &DrizzleEntry) -> String {
    let (created_at, hash) = (entry.created_at, bytes(entry.hash));
    let folder = match &entry.folder {
        Some(folder) => format!("::core::option::Option::Some({folder:?})"),
        None => "::core::option::Option::None".to_owned(),
    };
    // The blank keeps `:` and `::` apart.
    format!("p::DrizzleEntry{{created_at:{created_at},hash:*{hash},folder: {folder}}}")
}

fn object(object: &Object) -> String {
    let Object { kind, schema, name } = object;
    match schema {
        Some(schema) => format!("p::object_in({schema:?},{kind:?},{name:?})"),
        None => format!("p::object({kind:?},{name:?})"),
    }
}

fn probe(probe: &Probe) -> Option<String> {
    Some(match probe {
        Probe::None => return None,
        Probe::Repeat => "Repeat".to_owned(),
        Probe::IndexCreated(index) => format!("IndexCreated({})", object(index)),
        Probe::IndexDropped(index) => format!("IndexDropped({})", object(index)),
        Probe::EnumValue { on, label } => {
            format!("EnumValue{{on:{},label:{label:?}}}", object(on))
        }
        Probe::PartitionDetached { parent, partition } => {
            let [parent, partition] = [parent, partition].map(object);
            format!("PartitionDetached{{parent:{parent},partition:{partition}}}")
        }
    })
}

/// Bytes of a text. A script of 4 GiB is beyond what `include_str!` and PostgreSQL take.
fn span(range: &Range<usize>) -> String {
    let [from, to] = [range.start, range.end].map(|at| u32::try_from(at).unwrap_or(u32::MAX));
    format!("({from},{to})")
}

/// 32 bytes as one byte string: a token instead of 63.
fn bytes(digest: [u8; 32]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut literal = String::with_capacity(3 + 4 * digest.len());
    literal.push_str("b\"");
    for byte in digest {
        literal.push_str("\\x");
        literal.push(char::from(DIGITS[usize::from(byte >> 4)]));
        literal.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::files;
    use crate::samples::Sample;

    fn written(files: &[(&str, &[u8])]) -> String {
        let folder = Sample::new(files).load().folder;
        tables(&folder, "migrations", &files::texts(&folder))
    }

    fn index() -> Object {
        Object {
            kind: "index",
            schema: Some("public".to_owned()),
            name: "users \"by\" email".to_owned(),
        }
    }

    const INDEX: &str = r#"p::object_in("public","index","users \"by\" email")"#;

    #[test]
    fn a_migration_is_a_row_that_refers_to_places_of_lists() {
        let text = written(&[
            ("public/001_a.sql", b"CREATE TABLE a (); CREATE TABLE b ();"),
            ("public/002_c.sql", b"DROP TABLE b;"),
        ]);
        let script = r#"p::script("migrations/public/001_a.sql",TEXTS,0,(0,37),STATEMENTS,(0,2))"#;
        assert!(text.contains(script), "{text}");
        let script = r#"p::script("migrations/public/002_c.sql",TEXTS,1,(0,13),STATEMENTS,(2,3))"#;
        assert!(text.contains(script), "{text}");
        let statements = r#"static ALL_STATEMENTS:[p::Statement;3]=[p::statement((0,17),1,"CREATE TABLE",OBJECTS,(0,1)),p::statement((19,36),1,"CREATE TABLE",OBJECTS,(1,2)),p::destroys_data(p::statement((0,12),1,"DROP TABLE",OBJECTS,(2,3))),];"#;
        assert!(text.contains(statements), "{text}");
        let objects = r#"static ALL_OBJECTS:[p::Object;3]=[p::object("table","a"),p::object("table","b"),p::object("table","b"),];"#;
        assert!(text.contains(objects), "{text}");
        assert!(text.contains("static PUBLIC:[p::Migration;2]="), "{text}");
        assert_eq!(
            text.matches("p::draft(p::migration(p::Scope::Public,")
                .count(),
            2
        );
        syn::parse_str::<syn::File>(&text).unwrap();
    }

    #[test]
    fn what_few_have_is_around_the_row() {
        let text = written(&[
            (
                "tenant/001_a.sql",
                b"-- pgmig: no-transaction\n-- pgmig: idempotent\n\
              CREATE INDEX CONCURRENTLY i ON ${schema}.a (x);",
            ),
            ("tenant/001_a.down.sql", b"SELECT 1;"),
        ]);
        let statement = r#"p::with_slots(p::concurrently(p::with_probe(p::refused(p::statement((46,92),3,"CREATE INDEX",OBJECTS,(0,2))),p::Probe::IndexCreated("#;
        assert!(text.contains(statement), "{text}");
        assert!(text.contains("),(59,71)),SPANS,(0,1))"), "{text}");
        assert!(
            text.contains("static ALL_SPANS:[p::Span;1]=[(77,86),];"),
            "{text}"
        );
        let script = r#"p::idempotent(p::outside(p::script("migrations/tenant/001_a.sql""#;
        assert!(text.contains(script), "{text}");
        let migration = "p::draft(p::with_down(p::migration(p::Scope::Tenant,";
        assert!(text.contains(migration), "{text}");
        syn::parse_str::<syn::File>(&text).unwrap();
    }

    #[test]
    fn every_probe_has_its_objects() {
        let index = index();
        assert_eq!(probe(&Probe::None), None);
        assert_eq!(probe(&Probe::Repeat).unwrap(), "Repeat");
        assert_eq!(
            probe(&Probe::IndexCreated(index.clone())).unwrap(),
            format!("IndexCreated({INDEX})")
        );
        assert_eq!(
            probe(&Probe::IndexDropped(index.clone())).unwrap(),
            format!("IndexDropped({INDEX})")
        );
        let value = Probe::EnumValue {
            on: index.clone(),
            label: "paid".to_owned(),
        };
        assert_eq!(
            probe(&value).unwrap(),
            format!("EnumValue{{on:{INDEX},label:\"paid\"}}")
        );
        let detached = Probe::PartitionDetached {
            parent: index.clone(),
            partition: index,
        };
        assert_eq!(
            probe(&detached).unwrap(),
            format!("PartitionDetached{{parent:{INDEX},partition:{INDEX}}}")
        );
    }

    #[test]
    fn what_drizzle_has_of_a_migration_is_an_expression_with_and_without_a_folder() {
        for folder in [None, Some("0000_\"first\"".to_owned())] {
            let entry = DrizzleEntry {
                created_at: 1,
                hash: [7; 32],
                folder,
            };
            syn::parse_str::<syn::ExprStruct>(&drizzle_entry(&entry)).unwrap();
        }
    }

    #[test]
    fn a_digest_is_a_byte_string() {
        let digest = std::array::from_fn(|at| at as u8 * 8);
        let literal: syn::LitByteStr = syn::parse_str(&bytes(digest)).unwrap();
        assert_eq!(literal.value(), digest);
    }
}
