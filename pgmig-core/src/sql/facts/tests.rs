//! The facts of one statement of every kind, as a table.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::sql::{InTransaction, Object, Probe, Statement, analyse};

fn one(text: &str) -> Statement {
    let mut statements = analyse(text);
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0)
}

/// `kind schema.name` of each object.
fn shown(statement: &Statement) -> Vec<String> {
    let show = |object: &Object| match &object.schema {
        Some(schema) => format!("{} {schema}.{}", object.kind, object.name),
        None => format!("{} {}", object.kind, object.name),
    };
    statement.objects.iter().map(show).collect()
}

/// A statement, its kind, its objects.
const KINDS: &[(&str, &str, &[&str])] = &[
    ("create table a.B (x int)", "CREATE TABLE", &["table a.b"]),
    (
        "create temp table if not exists \"B\" (x int)",
        "CREATE TABLE",
        &["table B"],
    ),
    (
        "create table t as select 1",
        "CREATE TABLE AS",
        &["table t"],
    ),
    (
        "create table t (x) as (select 1)",
        "CREATE TABLE AS",
        &["table t"],
    ),
    (
        "create table t partition of p for values in (1)",
        "CREATE TABLE",
        &["table t"],
    ),
    (
        "create unique index concurrently if not exists i on only s.t (x)",
        "CREATE INDEX",
        &["index s.i", "table s.t"],
    ),
    ("create index on t (x)", "CREATE INDEX", &["table t"]),
    (
        "create or replace function f(a int) returns int as 'x'",
        "CREATE FUNCTION",
        &["function f"],
    ),
    (
        "create constraint trigger g after insert or update of on_it on s.t execute function f()",
        "CREATE TRIGGER",
        &["trigger g", "table s.t"],
    ),
    (
        "create policy p on t using (true)",
        "CREATE POLICY",
        &["policy p", "table t"],
    ),
    (
        "create or replace rule r as on insert to t do also (select 1; select 2)",
        "CREATE RULE",
        &["rule r", "table t"],
    ),
    (
        "create event trigger e on ddl_command_start execute function f()",
        "CREATE EVENT TRIGGER",
        &["event trigger e"],
    ),
    (
        "create schema if not exists s",
        "CREATE SCHEMA",
        &["schema s"],
    ),
    (
        "create schema authorization joe",
        "CREATE SCHEMA",
        &["schema joe"],
    ),
    (
        "create materialized view v as select 1",
        "CREATE MATERIALIZED VIEW",
        &["materialized view v"],
    ),
    (
        "create recursive view v (a) as select 1",
        "CREATE VIEW",
        &["view v"],
    ),
    ("create user u", "CREATE USER", &["role u"]),
    ("create cast (a as b) without function", "CREATE CAST", &[]),
    (
        "create text search configuration c (copy = simple)",
        "CREATE TEXT SEARCH CONFIGURATION",
        &["text search configuration c"],
    ),
    (
        "create operator s.=== (leftarg = int)",
        "CREATE OPERATOR",
        &["operator s.==="],
    ),
    (
        "alter table if exists only s.t add x int",
        "ALTER TABLE",
        &["table s.t"],
    ),
    (
        "alter trigger g on t rename to h",
        "ALTER TRIGGER",
        &["trigger g", "table t"],
    ),
    (
        "alter default privileges grant select on tables to r",
        "ALTER DEFAULT PRIVILEGES",
        &[],
    ),
    (
        "alter index all in tablespace a set tablespace b",
        "ALTER INDEX",
        &[],
    ),
    (
        "drop table if exists a, s.b cascade",
        "DROP TABLE",
        &["table a", "table s.b"],
    ),
    (
        "drop function f(int, text), g",
        "DROP FUNCTION",
        &["function f", "function g"],
    ),
    (
        "drop trigger if exists g on t",
        "DROP TRIGGER",
        &["trigger g", "table t"],
    ),
    ("drop owned by r", "DROP OWNED", &[]),
    (
        "comment on column s.t.c is 'x'",
        "COMMENT ON",
        &["column t.c"],
    ),
    (
        "comment on constraint k on t is 'x'",
        "COMMENT ON",
        &["constraint k", "table t"],
    ),
    ("insert into s.t select 1", "INSERT", &["table s.t"]),
    ("update only t set a = 1", "UPDATE", &["table t"]),
    ("delete from t", "DELETE", &["table t"]),
    (
        "with x as (update a set b = 1 returning *) insert into c select * from x for update",
        "INSERT",
        &["table a", "table c"],
    ),
    ("with x as (select 1) select * from x", "SELECT", &[]),
    (
        "truncate a, only s.b restart identity",
        "TRUNCATE",
        &["table a", "table s.b"],
    ),
    (
        "refresh materialized view concurrently v",
        "REFRESH MATERIALIZED VIEW",
        &["materialized view v"],
    ),
    (
        "reindex (verbose) table concurrently t",
        "REINDEX",
        &["table t"],
    ),
    (
        "vacuum (analyze) a (x), b",
        "VACUUM",
        &["table a", "table b"],
    ),
    ("lock table a in share mode", "LOCK TABLE", &["table a"]),
    ("(select 1) union select 2", "SELECT", &[]),
    ("do $$ begin end $$", "DO", &[]),
];

#[test]
fn kinds_and_objects_are_told_from_the_words() {
    for (sql, kind, objects) in KINDS {
        let statement = one(sql);
        assert_eq!(statement.kind, *kind, "{sql}");
        assert_eq!(shown(&statement), *objects, "{sql}");
        assert_eq!(statement.range, 0..sql.len(), "{sql}");
    }
}

#[test]
fn what_postgresql_refuses_in_a_transaction_block_is_known() {
    let refused = [
        "create index concurrently i on t (x)",
        "create unique index concurrently i on t (x)",
        "drop index concurrently i",
        "reindex index concurrently i",
        "reindex (verbose, concurrently) table t",
        "reindex (concurrently true) table t",
        "reindex database d",
        "reindex schema s",
        "reindex system",
        "vacuum",
        "vacuum full t",
        "cluster",
        "cluster verbose",
        "create database d",
        "drop database d",
        "alter database d set tablespace t",
        "create tablespace t location '/x'",
        "drop tablespace t",
        "create subscription s connection 'x' publication p",
        "alter subscription s refresh publication",
        "alter subscription s set publication p",
        "drop subscription s",
        "alter system set work_mem = '1MB'",
        "alter table t detach partition p concurrently",
        "discard all",
        "do $$ begin for i in 1..2 loop delete from t; commit; end loop; end $$",
    ];
    let allowed = [
        "create index i on t (x)",
        "create table concurrently (x int)",
        "drop index i",
        "reindex table t",
        "reindex (concurrently false) table t",
        "cluster t using i",
        "alter database d set work_mem = '1MB'",
        "create subscription s connection 'x' publication p with (connect = false)",
        "create subscription s connection 'x' publication p with (create_slot = off)",
        "alter subscription s set publication p with (refresh = false)",
        "alter subscription s disable",
        "alter table t detach partition p",
        "alter table t detach partition p finalize",
        "alter type e add value 'x'",
        "refresh materialized view concurrently v",
        "analyze t",
        "do $$ begin raise notice 'commit;'; end $$",
    ];
    for sql in refused {
        assert_eq!(one(sql).in_transaction, InTransaction::Refused, "{sql}");
    }
    for sql in allowed {
        assert_eq!(one(sql).in_transaction, InTransaction::Allowed, "{sql}");
    }
}

#[test]
fn what_loses_data_is_known() {
    let loses = [
        "drop table a",
        "drop schema s cascade",
        "drop type e cascade",
        "alter table t drop column c",
        "alter table t add x int, drop if exists c",
        "alter table only t alter a set default 1, drop c",
        "alter type c drop attribute a",
        "truncate t",
        "delete from t where false",
        "with x as (delete from t returning *) select 1",
        "merge into t using s on true when matched then delete",
        "do $$ begin execute 1; drop table x; end $$",
    ];
    let keeps = [
        "alter table t drop constraint k",
        "alter table t alter c drop default, alter d drop not null",
        "alter table t add check (a <> 'drop')",
        "drop type e",
        "drop index i",
        "drop view v cascade",
        "create table t (id int references u on delete cascade)",
        "update t set a = 1",
        "do $$ begin perform 'drop table x'; end $$",
    ];
    for sql in loses {
        assert!(one(sql).destroys_data, "{sql}");
    }
    for sql in keeps {
        assert!(!one(sql).destroys_data, "{sql}");
    }
}

fn object(kind: &'static str, schema: Option<&str>, name: &str) -> Object {
    Object {
        kind,
        schema: schema.map(str::to_owned),
        name: name.to_owned(),
    }
}

#[test]
fn a_probe_says_what_to_look_at() {
    let table = [
        (
            "create index concurrently if not exists i on s.t (x)",
            Probe::IndexCreated(object("index", Some("s"), "i")),
        ),
        ("create index concurrently on t (x)", Probe::None),
        (
            "drop index concurrently if exists s.i",
            Probe::IndexDropped(object("index", Some("s"), "i")),
        ),
        (
            "alter type s.e add value 'it''s' before 'x'",
            Probe::EnumValue {
                on: object("type", Some("s"), "e"),
                label: "it's".to_owned(),
            },
        ),
        ("alter type e add value if not exists 'x'", Probe::Repeat),
        (
            "alter table s.t detach partition s.p concurrently",
            Probe::PartitionDetached {
                parent: object("table", Some("s"), "t"),
                partition: object("table", Some("s"), "p"),
            },
        ),
        ("vacuum t", Probe::Repeat),
        ("reindex table concurrently t", Probe::Repeat),
        ("refresh materialized view concurrently v", Probe::Repeat),
        ("alter system reset all", Probe::Repeat),
        ("create table if not exists t (x int)", Probe::Repeat),
        ("create or replace view v as select 1", Probe::Repeat),
        ("drop table if exists t", Probe::Repeat),
        (
            "create function f() returns int as $$ drop table if exists x $$",
            Probe::None,
        ),
        ("create database d", Probe::None),
        ("insert into t values (1)", Probe::None),
    ];
    for (sql, probe) in table {
        assert_eq!(one(sql).probe, probe, "{sql}");
    }
}

#[test]
fn without_concurrently_the_statement_is_still_sql() {
    let table = [
        (
            "create index concurrently i on t (x)",
            "create index  i on t (x)",
        ),
        ("drop index concurrently i", "drop index  i"),
        ("reindex (concurrently) table t", "reindex  table t"),
        (
            "reindex (concurrently true, verbose) table t",
            "reindex ( verbose) table t",
        ),
        (
            "reindex (verbose, concurrently) table t",
            "reindex (verbose) table t",
        ),
        (
            "refresh materialized view concurrently v",
            "refresh materialized view  v",
        ),
        (
            "alter table t detach partition p concurrently",
            "alter table t detach partition p ",
        ),
    ];
    for (sql, without) in table {
        let range = one(sql).concurrently.unwrap();
        assert_eq!(
            format!("{}{}", &sql[..range.start], &sql[range.end..]),
            without
        );
    }
    assert_eq!(
        one("create index concurrently_i on t (x)").concurrently,
        None
    );
}

#[test]
fn slots_are_names_in_code_and_in_bodies() {
    let sql = "create table ${schema}.t (a text default '${schema}'); -- ${schema}\n\
               do $$ begin perform '${schema}'; insert into \"${schema}\".t values (1); end $$";
    let filled: Vec<&str> = analyse(sql)
        .iter()
        .flat_map(|statement| statement.slots.clone())
        .map(|slot| &sql[slot])
        .collect();
    assert_eq!(filled, ["${schema}", "\"${schema}\""]);
}

#[test]
fn ranges_and_lines_leave_out_what_is_around() {
    let sql = "\u{feff}-- head\r\nselect 1 -- x\n  + 1 /* y */ ;;\n\n  select\n2";
    let statements = analyse(sql);
    assert_eq!(&sql[statements[0].range.clone()], "select 1 -- x\n  + 1");
    assert_eq!(statements[0].line, 2);
    assert_eq!(&sql[statements[1].range.clone()], "select\n2");
    assert_eq!(statements[1].line, 5);
}

#[test]
fn where_a_statement_outside_a_transaction_leaves_a_schema_out_is_an_empty_slot() {
    let table = [
        (
            "create unique index concurrently if not exists i on only t (i, t)",
            "create unique index concurrently if not exists i on only ~t (i, t)",
        ),
        (
            "create index concurrently on t (x)",
            "create index concurrently on ~t (x)",
        ),
        (
            "create index concurrently i on ${schema}.t (x)",
            "create index concurrently i on ~.t (x)",
        ),
        (
            "drop index concurrently if exists \"I\"",
            "drop index concurrently if exists ~\"I\"",
        ),
        (
            "reindex (verbose) table concurrently t",
            "reindex (verbose) table concurrently ~t",
        ),
        (
            "reindex schema concurrently s",
            "reindex schema concurrently s",
        ),
        (
            "vacuum (analyze) a (x), s.b, c",
            "vacuum (analyze) ~a (x), s.b, ~c",
        ),
        ("vacuum full verbose t", "vacuum full verbose ~t"),
        ("vacuum", "vacuum"),
        (
            "alter table if exists p detach partition q concurrently",
            "alter table if exists ~p detach partition ~q concurrently",
        ),
        ("create index i on t (x)", "create index i on t (x)"),
        ("alter table t add x int", "alter table t add x int"),
    ];
    for (sql, expected) in table {
        let mut shown = sql.to_owned();
        for slot in one(sql).slots.into_iter().rev() {
            shown.replace_range(slot, "~");
        }
        assert_eq!(shown, expected, "{sql}");
    }
}
