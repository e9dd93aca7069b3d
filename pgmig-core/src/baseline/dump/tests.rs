//! What a baseline takes of a dump.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;

fn script(scope: Scope, text: &str) -> Result<String, Vec<String>> {
    let dump = Dump {
        text,
        scope,
        schema: "made_1f",
        owner: "me",
        anew: &[Anew {
            schema: "made_1f".to_owned(),
            table: "plans".to_owned(),
            column: "at".to_owned(),
            rows: [0, 1, 3].into(),
        }],
    };
    let script = dump.script();
    script.map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

fn tenant(text: &str) -> String {
    let script = script(Scope::Tenant, text).unwrap();
    assert!(!script.contains("made_1f"), "{script}");
    script.trim().to_owned()
}

#[test]
fn what_is_about_the_session_and_the_role_that_dumped_is_left_out() {
    let dump = "\\restrict abc\nSET statement_timeout = 0;\nSET transaction_timeout = 0;\n\
        SELECT pg_catalog.set_config('search_path', '', false);\nSET default_tablespace = '';\n\
        SET default_table_access_method = heap;\n\
        CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\n\
        COMMENT ON EXTENSION citext IS 'data type';\n\
        CREATE TABLE public.t (a int);\nALTER TABLE public.t OWNER TO me;\n\
        ALTER TABLE public.t OWNER TO app;\n\\unrestrict abc\n";
    assert_eq!(
        script(Scope::Public, dump).unwrap(),
        "\nCREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA public;\n\
         \nCREATE TABLE public.t (a int);\nALTER TABLE public.t OWNER TO app;\n"
    );
}

#[test]
fn rights_of_the_role_that_dumped_become_those_of_the_one_that_runs_it() {
    let dump = "REVOKE ALL ON TABLE public.t FROM me;\nGRANT SELECT ON TABLE public.t TO me WITH GRANT OPTION;\n\
        ALTER DEFAULT PRIVILEGES FOR ROLE me IN SCHEMA public GRANT SELECT ON TABLES TO app;";
    assert_eq!(
        script(Scope::Public, dump).unwrap(),
        "REVOKE ALL ON TABLE public.t FROM CURRENT_USER;\n\
         GRANT SELECT ON TABLE public.t TO CURRENT_USER WITH GRANT OPTION;\n\
         ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO app;\n"
    );
}

#[test]
fn a_statement_that_ends_too_early_stays_as_it_is() {
    for cut in [
        "ALTER DEFAULT PRIVILEGES FOR ROLE",
        "ALTER DEFAULT PRIVILEGES FOR ROLE me",
    ] {
        let script = script(Scope::Public, cut).unwrap();
        assert_eq!(script, format!("{cut};\n"));
    }
}

#[test]
fn a_tenants_schema_becomes_a_slot_in_names_and_in_the_bodies_of_functions() {
    assert_eq!(
        tenant(
            "CREATE SCHEMA made_1f;\n\
             CREATE FUNCTION made_1f.f() RETURNS int LANGUAGE sql SET search_path TO 'made_1f', 'public'\n\
             AS $_$ SELECT 1 FROM \"made_1f\".t WHERE x = 'made' $_$;\n\
             GRANT USAGE ON SCHEMA made_1f TO app;"
        ),
        "CREATE FUNCTION ${schema}.f() RETURNS int LANGUAGE sql SET search_path TO ${schema}, 'public'\n\
         AS $_$ SELECT 1 FROM ${schema}.t WHERE x = 'made' $_$;\n\
         GRANT USAGE ON SCHEMA ${schema} TO app;"
    );
}

#[test]
fn a_name_in_a_string_loses_the_schema() {
    assert_eq!(
        tenant(
            "ALTER TABLE ONLY made_1f.t ALTER COLUMN id SET DEFAULT nextval('made_1f.t_id_seq'::regclass);\n\
             SELECT pg_catalog.setval('made_1f.t_id_seq', 3, true);"
        ),
        "ALTER TABLE ONLY ${schema}.t ALTER COLUMN id SET DEFAULT nextval('t_id_seq'::regclass);\n\
         SELECT pg_catalog.setval('t_id_seq', 3, true);"
    );
}

#[test]
fn the_schemas_name_as_a_value_fits_no_other_schema() {
    let refused = script(
        Scope::Tenant,
        "INSERT INTO made_1f.t (a) VALUES ('made_1f');",
    );
    assert_eq!(
        refused.unwrap_err(),
        ["pg_dump:1:35: what the migrations make has the schema's name as a value"]
    );
}

#[test]
fn values_that_are_made_anew_are_defaults() {
    assert_eq!(
        tenant(
            "INSERT INTO made_1f.plans (id, at, name) OVERRIDING SYSTEM VALUE VALUES\n\
             \t(1, '2026-01-31 12:00:00+00', 'a, (b'),\n\t(-2, NULL, 'c');\n\
             INSERT INTO made_1f.plans (at) VALUES\n\t('x'),\n\t('y');\n\
             INSERT INTO made_1f.other (at) VALUES ('x');"
        ),
        "INSERT INTO ${schema}.plans (id, at, name) OVERRIDING SYSTEM VALUE VALUES\n\
         \t(1, DEFAULT, 'a, (b'),\n\t(-2, DEFAULT, 'c');\n\
         INSERT INTO ${schema}.plans (at) VALUES\n\t('x'),\n\t(DEFAULT);\n\
         INSERT INTO ${schema}.other (at) VALUES ('x');"
    );
}

#[test]
fn what_one_server_has_is_refused() {
    for (dump, what) in [
        (
            "SET default_tablespace = fast;",
            "a tablespace of one server",
        ),
        (
            "SET default_table_access_method = columnar;",
            "a table access method",
        ),
        ("SET SESSION AUTHORIZATION app;", "a setting of the session"),
    ] {
        let refused = script(Scope::Public, dump).unwrap_err();
        assert!(refused[0].contains(what), "{refused:?}");
    }
}
