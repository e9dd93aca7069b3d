//! Where syntax errors are told, and with which help.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::sql::syntax;

/// `line:column title | label` of each problem.
fn told(text: &str) -> Vec<String> {
    syntax(text, "a.sql")
        .iter()
        .map(|problem| {
            let position = problem.position().expect("every syntax error has a place");
            let label = problem.label.as_deref().unwrap_or("-");
            format!("{position} {} | {label}", problem.title)
        })
        .collect()
}

fn one(text: &str) -> String {
    let mut told = told(text);
    assert_eq!(told.len(), 1, "{text}: {told:?}");
    told.remove(0)
}

#[test]
fn an_error_is_where_postgresql_stops_reading() {
    let table = [
        ("create table t (a int,);", "1:23 syntax error at `)`"),
        (
            "create table t (a int",
            "1:22 syntax error at the end of the file",
        ),
        ("create table t;", "1:15 syntax error at `;`"),
        ("selct 1;", "1:1 syntax error at `selct`"),
        ("create tabel t (a int);", "1:8 syntax error at `tabel`"),
        (
            "alter table t add column select text;",
            "1:26 syntax error at `select`",
        ),
        ("select 1 = = 2;", "1:12 syntax error at `=`"),
        ("select a = b = c;", "1:14 syntax error at `=`"),
        ("select 'a' 'b';", "1:12 two strings on one line"),
        ("create table t (a);", "1:18 syntax error at `)`"),
        (
            "select :name;",
            "1:8 `:name` is a variable, and nothing fills it in",
        ),
        ("select 1x;", "1:8 trailing junk after numeric literal"),
        ("create index i on t (a +);", "1:24 syntax error at `+`"),
    ];
    for (text, start) in table {
        let told = one(text);
        assert!(told.starts_with(start), "{text}: {told}");
    }
}

#[test]
fn a_slip_is_told_with_what_was_meant() {
    for (text, help) in [
        ("create tabel t (a int);", "did you mean `TABLE`?"),
        (
            "create table t (a int primry key);",
            "did you mean `PRIMARY`?",
        ),
        ("insert into t vlaues (1);", "did you mean `VALUES`?"),
        ("crate table t (a int);", "did you mean `CREATE`?"),
        (
            "create table user (a int);",
            "if `user` is meant as a name, write `\"user\"`: it is a keyword",
        ),
        (
            "create table t (a int, order int);",
            "if `order` is meant as a name, write `\"order\"`: it is a keyword",
        ),
        (
            "create table `t` (a int);",
            "PostgreSQL quotes names with `\"`",
        ),
    ] {
        let told = syntax(text, "a.sql");
        assert_eq!(told[0].help, [help], "{text}");
    }
    assert_eq!(
        one("select :'name';"),
        "1:8 `:'name'` is a variable, and nothing fills it in | PostgreSQL has no such variables"
    );
}

#[test]
fn a_missing_semicolon_is_told_at_the_next_statement() {
    let told = one("create table a (id int)\ncreate table b (id int);");
    assert_eq!(
        told,
        "2:1 missing `;` before this statement | a new statement begins here"
    );
}

#[test]
fn each_broken_statement_is_told_once_and_the_others_are_read() {
    let told = told("create table a (b int c int d int);\nselect 1;\nselect from where group;");
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn what_is_not_closed_is_told_where_it_opens() {
    assert!(one("select 'abc;\nselect 2;").starts_with("1:8 string without an end"));
    assert!(one("select \"abc;").starts_with("1:8 quoted name without an end"));
    assert!(one("do $x$ begin end $y$;").starts_with("1:4 string without an end"));
    assert!(one("select 1; /* a /* b */").starts_with("1:11 comment without an end"));
}

#[test]
fn bodies_are_read_too() {
    let told =
        one("create function f() returns int language plpgsql as $$\nbegin\n  retrun 1;\nend $$;");
    assert!(told.starts_with("3:"), "{told}");
    let told = one("create function f() returns int language sql as $$ select 1 + $$;");
    assert!(told.starts_with("1:63 syntax error"), "{told}");
    assert!(told_nothing(
        "do $$ declare x int; begin select 1 into strict x; end $$;"
    ));
    assert!(told_nothing(
        "create function f() returns int language plv8 as $$ return {} $$;"
    ));
}

fn told_nothing(text: &str) -> bool {
    told(text).is_empty()
}

#[test]
fn what_squawk_alone_refuses_is_taken() {
    for text in [
        "alter user mapping for user server s options (set a 'b');",
        "set role to default;",
        "alter statistics if exists s set statistics 0;",
        "create trigger t before insert on a for each row execute function f (select);",
        "create or replace trigger t after update on a execute function f(b, null, 1, from);",
        "select 'a'\n'b';",
        "select E'a'\n'\\';', E'\\'' -- '\n'\\'';",
        "alter table all in tablespace a set tablespace b;",
        "delete from only t;",
        "create table t (created timestamp default current_timestamp);",
    ] {
        assert!(told_nothing(text), "{text}: {:?}", told(text));
    }
}

#[test]
fn what_only_psql_understands_says_what_to_do() {
    assert!(told_nothing(
        "\\restrict abc\nselect 1;\n\\unrestrict abc\n"
    ));
    assert_eq!(
        one("\\connect db\nselect 1;"),
        "1:1 `\\connect` is a command of psql | -"
    );
    assert_eq!(
        one("select 1 \\gset\n"),
        "1:10 `\\gset` is a command of psql | -"
    );
    let told = one("copy t (a) from stdin;\n1\tx'\n\\.\nselect 1;");
    assert!(
        told.starts_with("1:17 `COPY ... FROM stdin` reads from psql"),
        "{told}"
    );
}

#[test]
fn deep_nesting_overflows_no_stack() {
    for (open, close) in [
        ("(", ")"),
        ("- ", ""),
        ("not ", ""),
        ("array[", "]"),
        ("f(", ")"),
    ] {
        let text = format!("select {}1{};", open.repeat(9_000), close.repeat(9_000));
        let _ = syntax(&text, "a.sql");
        let text = format!("select {}1{};", open.repeat(20_000), close.repeat(20_000));
        let told = syntax(&text, "a.sql");
        assert_eq!(told[0].title, "nested too deeply");
    }
}
