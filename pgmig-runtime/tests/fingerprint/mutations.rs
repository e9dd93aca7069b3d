//! Each kind of drift is caught, named, and repaired where that is mechanical.

use pgmig_runtime::{Description, Drift, FingerprintOptions};

use crate::lab::{Lab, words};

/// What somebody did to a schema, and how it must be told; what follows `…` is another text on
/// another major version.
struct Mutation {
    sql: &'static str,
    words: &'static [&'static str],
    repair: Repair,
    /// The first major version that can do it.
    since: u32,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Repair {
    /// Statements are given, and after them nothing is different.
    Given,
    /// There is more than one way, or data could be lost.
    None,
}

const fn repaired(sql: &'static str, words: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        words,
        repair: Repair::Given,
        since: 13,
    }
}

const fn told(sql: &'static str, words: &'static [&'static str]) -> Mutation {
    Mutation {
        sql,
        words,
        repair: Repair::None,
        since: 13,
    }
}

const fn since(since: u32, mutation: Mutation) -> Mutation {
    Mutation { since, ..mutation }
}

/// Applies each mutation alone, in a transaction that is rolled back.
async fn check(mutations: &[Mutation]) {
    check_with(&FingerprintOptions::new().exact(true), mutations).await;
}

async fn check_with(options: &FingerprintOptions, mutations: &[Mutation]) {
    let mut lab = Lab::with(&["expected", "tenant_x"]).await;
    let expected = lab.describe_with("expected", options).await;
    let before = lab.print("tenant_x", options).await;
    let major = lab.major();
    let mut failures = Vec::new();
    let mut tried = 0;
    for mutation in mutations.iter().filter(|mutation| mutation.since <= major) {
        tried += 1;
        lab.run("BEGIN; SET LOCAL search_path = tenant_x, public")
            .await;
        if let Err(why) = try_one(&mut lab, &expected, &before, options, mutation).await {
            failures.push(format!("{}\n    {why}", mutation.sql));
        }
        lab.run("ROLLBACK").await;
    }
    assert!(
        tried > 0 && failures.is_empty(),
        "{} of {tried}:\n{}",
        failures.len(),
        failures.join("\n")
    );
}

async fn try_one(
    lab: &mut Lab,
    expected: &Description,
    before: &str,
    options: &FingerprintOptions,
    mutation: &Mutation,
) -> Result<(), String> {
    lab.try_run(mutation.sql).await?;
    let actual = lab.describe_with("tenant_x", options).await;
    let found = words(expected, &actual);
    let as_told = |(found, words): (&String, &&str)| match words.strip_suffix('…') {
        Some(beginning) => found.starts_with(beginning),
        None => found == words,
    };
    if found.len() != mutation.words.len() || !found.iter().zip(mutation.words).all(as_told) {
        return Err(format!(
            "told as:   {found:?}\n    should be: {:?}",
            mutation.words
        ));
    }
    if lab.print("tenant_x", options).await == before {
        return Err("the fingerprint did not change".to_owned());
    }
    let drift = Drift::between(expected, &actual).ok_or("no drift")?;
    if drift.is_repairable() != (mutation.repair == Repair::Given) {
        return Err(format!("repair: {:?}", drift.repair()));
    }
    if drift.is_repairable() {
        let statements = drift.repair();
        lab.try_run(statements.join(";\n")).await?;
        let after = lab.describe_with("tenant_x", options).await;
        let left = words(expected, &after);
        if !left.is_empty() || lab.print("tenant_x", options).await != before {
            return Err(format!("left after {statements:?}: {left:?}"));
        }
    }
    Ok(())
}

#[tokio::test]
async fn drift_of_tables_is_told() {
    check(&[
        repaired("DROP TABLE scratch CASCADE", &["table scratch missing", "rule base.log_it missing"]),
        repaired("DROP TABLE slots", &["table slots missing"]),
        repaired("DROP TABLE bookings", &["table bookings missing"]),
        repaired("DROP TABLE events_rest", &["table events_rest missing"]),
        told("CREATE TABLE extra (id integer PRIMARY KEY)", &["table extra unexpected"]),
        repaired("ALTER TABLE base SET UNLOGGED", &["table base is unlogged, expected permanent"]),
        repaired(
            "ALTER TABLE scratch SET (fillfactor = 90); ALTER TABLE scratch RESET (autovacuum_enabled)",
            &["table scratch: options is fillfactor=90, expected autovacuum_enabled=false, fillfactor=80"],
        ),
        repaired("ALTER TABLE base SET (fillfactor = 50)", &["table base: options is fillfactor=50, expected none"]),
        repaired(
            "ALTER TABLE customers SET (toast.autovacuum_enabled = false)",
            &["table customers: toast options is toast.autovacuum_enabled=false, expected none"],
        ),
        repaired("ALTER TABLE customers DISABLE ROW LEVEL SECURITY", &["table customers: row security is disabled, expected enabled"]),
        repaired("ALTER TABLE base ENABLE ROW LEVEL SECURITY", &["table base: row security is enabled, expected disabled"]),
        repaired("ALTER TABLE customers NO FORCE ROW LEVEL SECURITY", &["table customers: forced row security is disabled, expected enabled"]),
        repaired("ALTER TABLE invoices REPLICA IDENTITY DEFAULT", &["table invoices: replica identity is the default, expected full"]),
        repaired("ALTER TABLE slots REPLICA IDENTITY NOTHING", &["table slots: replica identity is nothing, expected index slots_pkey"]),
        repaired("ALTER TABLE invoices SET WITHOUT CLUSTER", &["table invoices: clustered on is none, expected invoices_day_idx"]),
        repaired("ALTER TABLE invoices CLUSTER ON invoices_pkey", &["table invoices: clustered on is invoices_pkey, expected invoices_day_idx"]),
        told("ALTER TABLE derived NO INHERIT base", &["table derived: inherits is none, expected base", "constraint derived.base_note_check unexpected"]),
        repaired("ALTER TABLE events DETACH PARTITION events_rest", &["table events_rest: partition of is none, expected events DEFAULT"]),
        repaired(
            "ALTER TABLE events_2024 DETACH PARTITION events_2024_eu;
             ALTER TABLE events_2024 ATTACH PARTITION events_2024_eu FOR VALUES IN ('eu')",
            &["table events_2024_eu: partition of is events_2024 FOR VALUES IN ('eu'), expected events_2024 FOR VALUES IN ('eu', 'uk')"],
        ),
        repaired("COMMENT ON TABLE invoices IS 'other'", &["table invoices: comment is other, expected what customers owe"]),
        repaired("COMMENT ON TABLE invoices IS NULL", &["table invoices: comment is none, expected what customers owe"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_columns_is_told() {
    check(&[
        repaired(
            "ALTER TABLE base DROP COLUMN note",
            &[
                "column base.note missing",
                "constraint base.base_note_check missing",
            ],
        ),
        told(
            "ALTER TABLE invoices ADD COLUMN extra text",
            &["column invoices.extra unexpected"],
        ),
        told("ALTER TABLE customers RENAME COLUMN tags TO labels", &["column customers.labels unexpected", "column customers.tags missing", "index customers_tags_idx is CREATE INDEX customers_tags_idx ON customers USING gin (labels), expected CREATE INDEX customers_tags_idx ON customers USING gin (tags)"],
        ),
        told(
            "ALTER TABLE bookings ALTER room TYPE bigint",
            &["column bookings.room is bigint, expected integer"],
        ),
        repaired(
            "ALTER TABLE slots ALTER parent SET NOT NULL",
            &["column slots.parent is not null, expected nullable"],
        ),
        repaired(
            "ALTER TABLE customers ALTER created_at DROP NOT NULL",
            &["column customers.created_at is nullable, expected not null"],
        ),
        repaired(
            "ALTER TABLE invoices ALTER total SET DEFAULT 1",
            &["column invoices.total: default is 1, expected 0"],
        ),
        repaired(
            "ALTER TABLE invoices ALTER total DROP DEFAULT",
            &["column invoices.total: default is none, expected 0"],
        ),
        repaired(
            "ALTER TABLE invoices ALTER due SET DEFAULT now()",
            &["column invoices.due: default is now(), expected none"],
        ),
        repaired(
            "ALTER TABLE invoices ALTER status SET DEFAULT 'sent'",
            &["column invoices.status: default is 'sent'::status, expected 'draft'::status"],
        ),
        repaired(
            "ALTER TABLE invoices ALTER id SET GENERATED BY DEFAULT",
            &["column invoices.id: identity is by default, expected always"],
        ),
        told("ALTER TABLE invoices ALTER id DROP IDENTITY", &["column invoices.id: identity is none, expected always", "column invoices.id: identity sequence is none, expected invoices_id_seq AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 100 CACHE 1 NO CYCLE"]),
        repaired("ALTER TABLE invoices ALTER id SET INCREMENT BY 2", &["column invoices.id: identity sequence is invoices_id_seq AS bigint INCREMENT BY 2 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 100 CACHE 1 NO CYCLE, expected invoices_id_seq AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 100 CACHE 1 NO CYCLE"]),
        told(
            "ALTER TABLE invoices ALTER tax DROP EXPRESSION",
            &["column invoices.tax: generated is none, expected ((total * 0.19)) stored"],
        ),
        told(
            "ALTER TABLE base ALTER note TYPE text COLLATE \"C\"",
            &["column base.note: collation is \"C\", expected the default"],
        ),
        repaired(
            "ALTER TABLE scratch ALTER c SET STORAGE MAIN",
            &["column scratch.c: storage is main, expected external"],
        ),
        since(
            14,
            repaired(
                "ALTER TABLE base ALTER note SET COMPRESSION pglz",
                &["column base.note: compression is pglz, expected the default"],
            ),
        ),
        repaired(
            "ALTER TABLE scratch ALTER a SET STATISTICS 100",
            &["column scratch.a: statistics is 100, expected 500"],
        ),
        repaired(
            "ALTER TABLE scratch ALTER b RESET (n_distinct)",
            &["column scratch.b: options is none, expected n_distinct=5"],
        ),
        repaired(
            "COMMENT ON COLUMN invoices.total IS NULL",
            &["column invoices.total: comment is none, expected with tax"],
        ),
        repaired(
            "ALTER VIEW upd ALTER COLUMN name DROP DEFAULT",
            &["column upd.name: default is none, expected 'n/a'::character varying"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_constraints_is_told() {
    check(&[
        repaired("ALTER TABLE invoices DROP CONSTRAINT due_or_paid", &["constraint invoices.due_or_paid missing"]),
        repaired("ALTER TABLE invoices DROP CONSTRAINT invoices_pkey", &["constraint invoices.invoices_pkey missing"]),
        repaired("ALTER TABLE invoices ADD CONSTRAINT extra CHECK (total > 0)", &["constraint invoices.extra unexpected"]),
        repaired("ALTER TABLE base RENAME CONSTRAINT base_pkey TO pk", &["constraint base.base_pkey missing", "constraint base.pk unexpected"]),
        repaired(
            "ALTER TABLE invoices DROP CONSTRAINT code_short, ADD CONSTRAINT code_short CHECK (length(code) < 51) NOT VALID",
            &["constraint invoices.code_short is CHECK ((length(code) < 51)) NOT VALID, expected CHECK (((length(code) < 50) AND (code !~~ 'X%'::text))) NOT VALID"],
        ),
        repaired(
            "ALTER TABLE slots DROP CONSTRAINT slots_parent_fkey, ADD CONSTRAINT slots_parent_fkey FOREIGN KEY (parent) REFERENCES slots (id) ON UPDATE CASCADE DEFERRABLE NOT VALID",
            &["constraint slots.slots_parent_fkey is FOREIGN KEY (parent) REFERENCES slots(id) ON UPDATE CASCADE DEFERRABLE NOT VALID, expected FOREIGN KEY (parent) REFERENCES slots(id) ON UPDATE CASCADE DEFERRABLE"],
        ),
        repaired("ALTER TABLE invoices VALIDATE CONSTRAINT code_short", &["constraint invoices.code_short is CHECK (((length(code) < 50) AND (code !~~ 'X%'::text))), expected CHECK (((length(code) < 50) AND (code !~~ 'X%'::text))) NOT VALID"]),
        repaired("ALTER TABLE slots ALTER CONSTRAINT slots_parent_fkey NOT DEFERRABLE", &["constraint slots.slots_parent_fkey is FOREIGN KEY (parent) REFERENCES slots(id) ON UPDATE CASCADE, expected FOREIGN KEY (parent) REFERENCES slots(id) ON UPDATE CASCADE DEFERRABLE"]),
        repaired("ALTER TABLE invoices DROP CONSTRAINT number_once, ADD CONSTRAINT number_once UNIQUE (number)", &["constraint invoices.number_once is UNIQUE (number), expected UNIQUE (number) DEFERRABLE INITIALLY DEFERRED"]),
        repaired(
            "ALTER TABLE invoices DROP CONSTRAINT invoices_customer_id_fkey,
             ADD CONSTRAINT invoices_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES customers (id)",
            &[
                "constraint invoices.invoices_customer_id_fkey is FOREIGN KEY (customer_id) REFERENCES customers(id), \
                 expected FOREIGN KEY (customer_id) REFERENCES customers(id) ON DELETE CASCADE",
            ],
        ),
        told("ALTER TABLE invoices DISABLE TRIGGER ALL", &["constraint invoices.invoices_customer_id_fkey: enforcement is disabled, expected enabled", "trigger invoices.invoices_touch: firing is disabled, expected enabled"]),
        repaired("ALTER TABLE bookings DROP CONSTRAINT no_overlap", &["constraint bookings.no_overlap missing"]),
        repaired("ALTER INDEX customers_pkey SET (fillfactor = 60)", &["constraint customers.customers_pkey: options is fillfactor=60, expected none"]),
        repaired("COMMENT ON CONSTRAINT due_or_paid ON invoices IS 'x'", &["constraint invoices.due_or_paid: comment is x, expected cc"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_that_only_newer_servers_know_is_told() {
    check(&[
        since(14, repaired("ALTER TABLE events_2024 DETACH PARTITION events_2024_eu; DROP TABLE events_2024_eu", &["table events_2024_eu missing"])),
        since(15, repaired("ALTER TABLE slots ADD CONSTRAINT extra UNIQUE NULLS NOT DISTINCT (parent)", &["constraint slots.extra unexpected"])),
        since(18, repaired("ALTER TABLE slots ADD CONSTRAINT present NOT NULL parent NOT VALID", &["column slots.parent is not null not valid, expected nullable"])),
        since(18, told("ALTER TABLE slots ADD COLUMN extra integer GENERATED ALWAYS AS (id + 1) VIRTUAL", &["column slots.extra unexpected"])),
        since(
            18,
            repaired(
                "ALTER TABLE slots ALTER CONSTRAINT slots_parent_fkey NOT ENFORCED",
                &["constraint slots.slots_parent_fkey is…"],
            ),
        ),
        // The name of a NOT NULL constraint is none before 18, and does not count.
        repaired("ALTER TABLE slots ALTER parent SET NOT NULL", &["column slots.parent is not null, expected nullable"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_indexes_is_told() {
    check(&[
        repaired("DROP INDEX invoices_due_idx", &["index invoices_due_idx missing"]),
        repaired("CREATE INDEX extra ON base (note)", &["index extra unexpected"]),
        repaired("ALTER INDEX customers_tags_idx RENAME TO t", &["index customers_tags_idx missing", "index t unexpected"]),
        repaired(
            "DROP INDEX invoices_due_idx; CREATE INDEX invoices_due_idx ON invoices (due DESC NULLS LAST) WHERE status <> 'sent'",
            &["index invoices_due_idx is CREATE INDEX invoices_due_idx ON invoices USING btree (due DESC NULLS LAST) WHERE (status <> 'sent'::status), expected CREATE INDEX invoices_due_idx ON invoices USING btree (due DESC NULLS LAST) WHERE (status <> 'paid'::status)", "index invoices_due_idx: comment is none, expected for reminders"],
        ),
        repaired("DROP INDEX customers_lower_idx; CREATE INDEX customers_lower_idx ON customers (lower(name))", &["index customers_lower_idx is CREATE INDEX customers_lower_idx ON customers USING btree (lower((name)::text)), expected CREATE INDEX customers_lower_idx ON customers USING btree (lower((name)::text), ((settings ->> 'x'::text))) INCLUDE (created_at)"]),
        repaired("DROP INDEX totals_customer_idx; CREATE INDEX totals_customer_idx ON totals (customer_id)", &["index totals_customer_idx is CREATE INDEX totals_customer_idx ON totals USING btree (customer_id), expected CREATE UNIQUE INDEX totals_customer_idx ON totals USING btree (customer_id)"]),
        repaired("ALTER INDEX customers_contact_key SET (fillfactor = 80)", &["index customers_contact_key is CREATE UNIQUE INDEX customers_contact_key ON customers USING btree (lower((contact)::text) text_pattern_ops) WITH (fillfactor='80'), expected CREATE UNIQUE INDEX customers_contact_key ON customers USING btree (lower((contact)::text) text_pattern_ops) WITH (fillfactor='70')"]),
        repaired("DROP INDEX events_body_idx", &["index events_body_idx missing"]),
        told(
            "DROP INDEX events_body_idx; CREATE INDEX events_body_idx ON ONLY events (body)",
            &["index events_body_idx is invalid, expected valid"],
        ),
        repaired("COMMENT ON INDEX invoices_due_idx IS NULL", &["index invoices_due_idx: comment is none, expected for reminders"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_sequences_and_types_is_told() {
    check(&[
        repaired("ALTER SEQUENCE invoice_number INCREMENT BY 1", &["sequence invoice_number is AS bigint INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1000 CACHE 3 NO CYCLE, expected AS bigint INCREMENT BY 5 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1000 CACHE 3 NO CYCLE"]),
        repaired("ALTER SEQUENCE invoice_number AS integer", &["sequence invoice_number is AS integer INCREMENT BY 5 MINVALUE 1 MAXVALUE 2147483647 START WITH 1000 CACHE 3 NO CYCLE, expected AS bigint INCREMENT BY 5 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1000 CACHE 3 NO CYCLE"]),
        repaired("ALTER SEQUENCE invoice_number OWNED BY invoices.number", &["sequence invoice_number: owned by is invoices.number, expected none"]),
        repaired("ALTER SEQUENCE invoices_serial_no_seq OWNED BY NONE", &["sequence invoices_serial_no_seq: owned by is none, expected invoices.serial_no"]),
        told("CREATE SEQUENCE extra", &["sequence extra unexpected"]),
        repaired("COMMENT ON SEQUENCE invoice_number IS 'x'", &["sequence invoice_number: comment is x, expected sc"]),
        told("ALTER TYPE status ADD VALUE 'lost' BEFORE 'paid'", &["enum status: labels is 'draft', 'sent', 'lost', 'paid', expected 'draft', 'sent', 'paid'"]),
        told("ALTER TYPE status RENAME VALUE 'sent' TO 'out'", &["enum status: labels is 'draft', 'out', 'paid', expected 'draft', 'sent', 'paid'", "constraint invoices.due_or_paid is CHECK ((((due IS NOT NULL) OR (paid_at IS NOT NULL)) AND (status = ANY (ARRAY['draft'::status, 'out'::status, 'paid'::status])))), expected CHECK ((((due IS NOT NULL) OR (paid_at IS NOT NULL)) AND (status = ANY (ARRAY['draft'::status, 'sent'::status, 'paid'::status]))))"]),
        told("CREATE TYPE extra AS ENUM ()", &["enum extra unexpected"]),
        repaired("COMMENT ON TYPE status IS 'x'", &["enum status: comment is x, expected life of an invoice"]),
        repaired("ALTER DOMAIN email DROP NOT NULL", &["domain email is nullable, expected not null"]),
        repaired("ALTER DOMAIN email SET DEFAULT 'x@y'", &["domain email: default is 'x@y'::character varying, expected 'nobody@example.org'::character varying"]),
        repaired("ALTER DOMAIN email DROP CONSTRAINT email_at", &["domain constraint email.email_at missing"]),
        repaired("ALTER DOMAIN email ADD CONSTRAINT extra CHECK (VALUE <> '')", &["domain constraint email.extra unexpected"]),
        repaired("ALTER DOMAIN email DROP CONSTRAINT email_at; ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (VALUE ~ '@@')", &["domain constraint email.email_at is CHECK (((VALUE)::text ~ '@@'::text)), expected CHECK (((VALUE)::text ~ '@'::text))", "domain constraint email.email_at: comment is none, expected dcc"]),
        repaired("COMMENT ON CONSTRAINT email_at ON DOMAIN email IS 'x'", &["domain constraint email.email_at: comment is x, expected dcc"]),
        told("ALTER TYPE pair ADD ATTRIBUTE extra text", &["composite type pair: attributes is a integer, b text, extra text, expected a integer, b text"]),
        told("ALTER TYPE pair ALTER ATTRIBUTE b TYPE text COLLATE \"POSIX\"", &["composite type pair: attributes is a integer, b text COLLATE \"POSIX\", expected a integer, b text"]),
        told("CREATE TYPE extra AS RANGE (subtype = date)", &["range type extra unexpected"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_views_and_routines_is_told() {
    check(&[
        repaired("DROP VIEW open_invoices", &["view open_invoices missing"]),
        repaired("CREATE VIEW extra AS SELECT 1", &["view extra unexpected"]),
        repaired("CREATE OR REPLACE VIEW open_invoices AS SELECT i.id, i.number, i.total FROM invoices i WHERE i.status = 'paid'", &["view open_invoices: definition differs in line 5:…"]),
        repaired("ALTER VIEW customer_names SET (security_barrier = false)", &["view customer_names: options is security_barrier=false, expected security_barrier=true"]),
        since(15, repaired("ALTER VIEW vals SET (security_invoker = true)", &["view vals: options is security_invoker=true, expected none"])),
        repaired("ALTER VIEW upd SET (check_option = local)", &["view upd: options is check_option=local, expected check_option=cascaded"]),
        repaired("COMMENT ON VIEW open_invoices IS 'x'", &["view open_invoices: comment is x, expected vc"]),
        told(
            "DROP MATERIALIZED VIEW totals; CREATE MATERIALIZED VIEW totals AS SELECT customer_id, min(total) AS total FROM invoices GROUP BY customer_id;
             CREATE UNIQUE INDEX totals_customer_idx ON totals (customer_id)",
            &["materialized view totals: definition differs in line 2:…"],
        ),
        repaired("DROP MATERIALIZED VIEW totals", &["materialized view totals missing"]),
        repaired("DROP FUNCTION add", &["function add(integer, integer, integer[]) missing"]),
        repaired("CREATE FUNCTION extra(s status) RETURNS integer LANGUAGE sql AS 'SELECT 1'", &["function extra(status) unexpected"]),
        repaired(
            "CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
            &["function touch(): definition differs in line 4: `AS $function$ BEGIN RETURN NEW; END $function$`, expected `AS $function$ BEGIN NEW.paid_at := now(); RETURN NEW; END $function$`"],
        ),
        repaired("ALTER FUNCTION open_of SECURITY INVOKER", &["function open_of(uuid): definition differs in line 4: `STABLE ROWS 5`, expected `STABLE SECURITY DEFINER ROWS 5`"]),
        repaired("ALTER FUNCTION add VOLATILE", &["function add(integer, integer, integer[]): definition differs in line 4: `PARALLEL SAFE STRICT COST 5`, expected `IMMUTABLE PARALLEL SAFE STRICT COST 5`"]),
        repaired("ALTER FUNCTION add SET search_path = public", &["function add(integer, integer, integer[]): definition differs in line 5: `SET search_path TO 'public'`, expected `SET search_path TO 'tenant_x', 'public'`"]),
        repaired("ALTER FUNCTION touch() COST 7", &["function touch(): definition differs in line 4: `COST 7`, expected `AS $function$ BEGIN NEW.paid_at := now(); RETURN NEW; END $function$`"]),
        repaired("CREATE OR REPLACE PROCEDURE nothing(INOUT x integer) LANGUAGE plpgsql AS $$ BEGIN x := x + 2; END $$", &["procedure nothing(integer): definition differs in line 3: `AS $procedure$ BEGIN x := x + 2; END $procedure$`, expected `AS $procedure$ BEGIN x := x + 1; END $procedure$`"]),
        repaired("DROP AGGREGATE product(integer)", &["aggregate product(integer) missing"]),
        told("DROP AGGREGATE product(integer); CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '2')", &["aggregate product(integer) is SFUNC = int4mul, STYPE = integer, INITCOND = '2', expected SFUNC = int4mul, STYPE = integer, INITCOND = '1'"]),
        repaired("COMMENT ON FUNCTION touch() IS 'x'", &["function touch(): comment is x, expected stamps"]),
        told("DROP OPERATOR === (integer, integer)", &["operator === (integer, integer) missing"]),
        told("CREATE COLLATION extra (provider = libc, locale = 'POSIX')", &["collation extra unexpected"]),
        told("ALTER TEXT SEARCH CONFIGURATION plain DROP MAPPING FOR email", &["text search configuration plain is PARSER = \"default\"; 1 simple, 2 simple, 3 simple, 5 simple, 6 simple, 7 simple, 8 simple, 9 simple, 10 simple, 11 simple, 15 simple, 16 simple, 17 simple, 18 simple, 19 simple, 20 simple, 21 simple, 22 simple, expected PARSER = \"default\"; 1 simple, 2 simple, 3 simple, 4 simple, 5 simple, 6 simple, 7 simple, 8 simple, 9 simple, 10 simple, 11 simple, 15 simple, 16 simple, 17 simple, 18 simple, 19 simple, 20 simple, 21 simple, 22 simple"]),
        told("ALTER TEXT SEARCH DICTIONARY words (STOPWORDS)", &["text search dictionary words is TEMPLATE = simple, expected TEMPLATE = simple, stopwords = 'english'"]),
    ])
    .await;
}

#[tokio::test]
async fn drift_of_triggers_rules_policies_and_statistics_is_told() {
    check(&[
        repaired("DROP TRIGGER invoices_touch ON invoices", &["trigger invoices.invoices_touch missing"]),
        repaired("CREATE TRIGGER extra BEFORE INSERT ON base FOR EACH ROW EXECUTE FUNCTION touch()", &["trigger base.extra unexpected"]),
        repaired("DROP TRIGGER invoices_touch ON invoices; CREATE TRIGGER invoices_touch AFTER UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION touch()", &["trigger invoices.invoices_touch is CREATE TRIGGER invoices_touch AFTER UPDATE ON invoices FOR EACH ROW EXECUTE FUNCTION touch(), expected CREATE TRIGGER invoices_touch BEFORE UPDATE OF status ON invoices FOR EACH ROW WHEN ((old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION touch()", "trigger invoices.invoices_touch: comment is none, expected tc"]),
        repaired("ALTER TABLE invoices DISABLE TRIGGER invoices_touch", &["trigger invoices.invoices_touch: firing is disabled, expected enabled"]),
        repaired("ALTER TABLE invoices ENABLE TRIGGER late", &["trigger invoices.late: firing is enabled, expected disabled"]),
        repaired("ALTER TABLE invoices ENABLE ALWAYS TRIGGER invoices_touch", &["trigger invoices.invoices_touch: firing is always, expected enabled"]),
        repaired("ALTER TABLE invoices ENABLE REPLICA TRIGGER invoices_touch", &["trigger invoices.invoices_touch: firing is replica, expected enabled"]),
        repaired("COMMENT ON TRIGGER invoices_touch ON invoices IS 'x'", &["trigger invoices.invoices_touch: comment is x, expected tc"]),
        repaired("DROP RULE no_delete ON customers", &["rule customers.no_delete missing"]),
        repaired("CREATE RULE extra AS ON DELETE TO base DO INSTEAD NOTHING", &["rule base.extra unexpected"]),
        repaired("CREATE OR REPLACE RULE no_delete AS ON DELETE TO customers WHERE OLD.grade = 1 DO INSTEAD NOTHING", &["rule customers.no_delete: definition differs in line 2: `ON DELETE TO customers`, expected `ON DELETE TO customers DO INSTEAD NOTHING`"]),
        repaired("ALTER TABLE customers DISABLE RULE no_delete", &["rule customers.no_delete: firing is disabled, expected enabled"]),
        repaired("DROP POLICY own ON customers", &["policy customers.own missing"]),
        repaired("CREATE POLICY extra ON customers USING (true)", &["policy customers.extra unexpected"]),
        repaired("ALTER POLICY own ON customers TO pg_monitor", &["policy customers.own: roles is pg_monitor, expected PUBLIC"]),
        repaired("ALTER POLICY own ON customers USING (true)", &["policy customers.own: using is true, expected (((name)::text = CURRENT_USER) AND ((kind)::text = ANY ((ARRAY['person'::character varying, 'company'::character varying])::text[])))"]),
        repaired("ALTER POLICY ins ON customers WITH CHECK (grade > 1)", &["policy customers.ins: check differs in line 1: `(grade > 1)`, expected `((grade > 0) AND (id IN ( SELECT invoices.customer_id`"]),
        repaired("DROP POLICY own ON customers; CREATE POLICY own ON customers FOR ALL USING (name = current_user AND kind IN ('person', 'company')); COMMENT ON POLICY own ON customers IS 'pc'", &["policy customers.own: command is AS PERMISSIVE FOR ALL, expected AS PERMISSIVE FOR SELECT"]),
        repaired("COMMENT ON POLICY own ON customers IS 'x'", &["policy customers.own: comment is x, expected pc"]),
        repaired("DROP STATISTICS scratch_stats", &["statistics scratch.scratch_stats missing"]),
        repaired("CREATE STATISTICS extra ON a, b FROM scratch", &["statistics scratch.extra unexpected"]),
        repaired("DROP STATISTICS scratch_stats; CREATE STATISTICS scratch_stats (ndistinct) ON a, b FROM scratch; COMMENT ON STATISTICS scratch_stats IS 'stc'", &["statistics scratch.scratch_stats is CREATE STATISTICS scratch_stats (ndistinct) ON a, b FROM scratch, expected CREATE STATISTICS scratch_stats (ndistinct, dependencies) ON a, b FROM scratch"]),
        repaired("ALTER STATISTICS scratch_stats SET STATISTICS 50", &["statistics scratch.scratch_stats: target is 50, expected the default"]),
    ])
    .await;
}

#[tokio::test]
async fn grants_and_owners_are_told_only_when_asked_for() {
    const MUTATIONS: &[Mutation] = &[
        repaired(
            "REVOKE INSERT ON slots FROM pg_monitor",
            &["table slots: grants to pg_monitor is SELECT, expected INSERT, SELECT"],
        ),
        repaired(
            "GRANT SELECT ON base TO PUBLIC",
            &["table base: grants to PUBLIC is SELECT, expected none"],
        ),
        repaired(
            "REVOKE UPDATE (parent) ON slots FROM pg_monitor",
            &["column slots.parent: grants to pg_monitor is none, expected UPDATE"],
        ),
        repaired(
            "REVOKE EXECUTE ON FUNCTION touch() FROM PUBLIC",
            &["function touch(): grants to PUBLIC is none, expected EXECUTE"],
        ),
        repaired(
            "GRANT USAGE ON SEQUENCE invoice_number TO pg_monitor",
            &["sequence invoice_number: grants to pg_monitor is USAGE, expected none"],
        ),
        repaired(
            "GRANT USAGE ON SCHEMA tenant_x TO pg_monitor",
            &["schema: grants to pg_monitor is USAGE, expected none"],
        ),
        repaired(
            "REVOKE USAGE ON TYPE status FROM PUBLIC",
            &["enum status: grants to PUBLIC is none, expected USAGE"],
        ),
        told(
            "GRANT SELECT ON base TO pg_monitor WITH GRANT OPTION",
            &["table base: grants to pg_monitor is SELECT WITH GRANT OPTION, expected none"],
        ),
    ];
    check_with(
        &FingerprintOptions::new().exact(true).grants(true),
        MUTATIONS,
    )
    .await;
    let mut lab = Lab::with(&["expected", "tenant_x"]).await;
    let expected = lab.describe("expected").await;
    lab.run("BEGIN; CREATE ROLE pgmig_owner; ALTER TABLE tenant_x.base OWNER TO pgmig_owner; SET LOCAL search_path = tenant_x").await;
    for mutation in MUTATIONS {
        lab.run(mutation.sql).await;
    }
    assert_eq!(words(&expected, &lab.describe("tenant_x").await), [""; 0]);
    let options = FingerprintOptions::new().owners(true);
    let (expected, actual) = (
        lab.describe_with("expected", &options).await,
        lab.describe_with("tenant_x", &options).await,
    );
    let found = words(&expected, &actual);
    assert!(
        found.len() == 1 && found[0].starts_with("table base: owner is pgmig_owner, expected "),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_portable_form_sees_what_it_evens_out() {
    check_with(
        &FingerprintOptions::new(),
        &[
            repaired("CREATE OR REPLACE VIEW open_invoices AS SELECT i.id, i.number, i.total FROM invoices i WHERE i.status = 'paid'", &["view open_invoices: definition differs in line 5:…"]),
            repaired("ALTER TABLE invoices ALTER seen SET DEFAULT (now() AT TIME ZONE 'cet')", &["column invoices.seen: default is…"]),
            repaired("ALTER TABLE invoices DROP CONSTRAINT year_ok, ADD CONSTRAINT year_ok CHECK (EXTRACT(year FROM due) > 2001 AND substring(code from 1 for 2) <> 'zz' AND position('q' in code) = 0 AND trim(both from code) = code)", &["constraint invoices.year_ok is…"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_schema_that_is_gone_lacks_everything() {
    let mut lab = Lab::with(&["expected"]).await;
    let (expected, actual) = (lab.describe("expected").await, lab.describe("gone").await);
    assert!(actual.is_empty());
    let found = words(&expected, &actual);
    assert!(
        found.iter().all(|words| words.ends_with(" missing")),
        "{found:?}"
    );
    assert!(found.contains(&"table invoices missing".to_owned()));
    assert!(
        !found.iter().any(|words| words.contains("column")),
        "{found:?}"
    );
}
