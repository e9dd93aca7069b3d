-- One of each kind of object, in what PostgreSQL 13 understands; for a schema that is first on the
-- search path.
CREATE TYPE status AS ENUM ('draft', 'sent', 'paid');
CREATE DOMAIN email AS varchar(255) COLLATE "C" DEFAULT 'nobody@example.org' NOT NULL CONSTRAINT email_at CHECK (VALUE ~ '@') CONSTRAINT email_in CHECK (VALUE NOT IN ('a@b','c@d'));
CREATE TYPE money_amount AS (amount numeric(12,2), currency char(3), note text COLLATE "C");
CREATE TYPE pair AS (a integer, b text);
CREATE FUNCTION span_diff(a integer, b integer) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT (a - b)::double precision';
CREATE TYPE span AS RANGE (subtype = integer, subtype_diff = span_diff);
CREATE SEQUENCE invoice_number START 1000 INCREMENT 5 CACHE 3;
CREATE TABLE customers (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name varchar(200) NOT NULL,
  kind varchar(20) NOT NULL DEFAULT 'person' CHECK (kind IN ('person','company')),
  contact email,
  grade integer CHECK (grade BETWEEN 1 AND 10),
  created_at timestamptz NOT NULL DEFAULT now(),
  settings jsonb NOT NULL DEFAULT '{}',
  tags text[] DEFAULT '{}'::text[],
  UNIQUE (name, created_at)
);
CREATE TABLE invoices (
  id bigint GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY,
  number bigint NOT NULL DEFAULT nextval('invoice_number'),
  customer_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
  status status NOT NULL DEFAULT 'draft',
  total numeric(12,2) NOT NULL DEFAULT 0,
  tax numeric(12,2) GENERATED ALWAYS AS (total * 0.19) STORED,
  due date,
  paid_at timestamptz,
  serial_no serial,
  amount money_amount,
  period span,
  code text COLLATE "C" DEFAULT upper('x' || '-' || 'y'),
  seen timestamp DEFAULT (now() AT TIME ZONE 'utc'),
  valid interval DEFAULT '1 day',
  since timestamptz DEFAULT '2020-01-01 00:00:00+02',
  CONSTRAINT due_or_paid CHECK ((due IS NOT NULL OR paid_at IS NOT NULL) AND status IN ('draft','sent','paid')),
  CONSTRAINT number_once UNIQUE (number) DEFERRABLE INITIALLY DEFERRED
);
ALTER TABLE invoices ADD CONSTRAINT code_short CHECK (length(code) < 50 AND code NOT LIKE 'X%') NOT VALID;
ALTER TABLE invoices ADD CONSTRAINT year_ok CHECK (EXTRACT(year FROM due) > 2000 AND substring(code from 1 for 2) <> 'zz' AND position('q' in code) = 0 AND trim(both from code) = code);
CREATE INDEX invoices_due_idx ON invoices (due DESC NULLS LAST) WHERE status <> 'paid';
CREATE INDEX customers_lower_idx ON customers (lower(name), (settings ->> 'x')) INCLUDE (created_at);
CREATE INDEX customers_tags_idx ON customers USING gin (tags);
CREATE INDEX invoices_day_idx ON invoices (((paid_at AT TIME ZONE 'UTC')::date));
CREATE UNIQUE INDEX customers_contact_key ON customers (lower((contact)::text) text_pattern_ops) WITH (fillfactor = 70);
CREATE TABLE events (at timestamptz NOT NULL, region text NOT NULL, body text, PRIMARY KEY (at, region)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00') PARTITION BY LIST (region);
CREATE TABLE events_2024_eu PARTITION OF events_2024 FOR VALUES IN ('eu', 'uk');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE INDEX ON events (body);
CREATE TABLE base (id integer PRIMARY KEY, note text CHECK (note <> ''));
CREATE TABLE derived (extra text) INHERITS (base);
CREATE UNLOGGED TABLE scratch (a integer, b integer, c text) WITH (fillfactor = 80, autovacuum_enabled = false);
ALTER TABLE scratch ALTER c SET STORAGE EXTERNAL, ALTER a SET STATISTICS 500, ALTER b SET (n_distinct = 5);
CREATE STATISTICS scratch_stats (ndistinct, dependencies) ON a, b FROM scratch;
CREATE TABLE bookings (room integer, during tsrange, CONSTRAINT no_overlap EXCLUDE USING gist (during WITH &&) WHERE (room > 0));
CREATE VIEW open_invoices AS SELECT i.id, i.number, i.total FROM invoices i WHERE i.status <> 'paid';
CREATE VIEW customer_names WITH (security_barrier = true) AS SELECT id, name, upper(name) AS loud FROM customers WHERE kind IN ('person','company') ORDER BY name;
CREATE VIEW joined AS SELECT c.name, i.number, count(*) OVER (PARTITION BY c.id ORDER BY i.id) AS n, extract(month from i.due) AS m FROM customers c LEFT JOIN invoices i ON i.customer_id = c.id;
CREATE VIEW unioned AS SELECT id::text AS k FROM customers UNION ALL SELECT id::text FROM invoices;
CREATE VIEW sub AS SELECT name, (SELECT max(total) FROM invoices i WHERE i.customer_id = customers.id) AS best FROM customers WHERE EXISTS (SELECT 1 FROM invoices WHERE customer_id = customers.id);
CREATE VIEW grouped AS SELECT kind, count(*) AS n, sum(grade) FILTER (WHERE grade > 1) AS s FROM customers GROUP BY kind HAVING count(*) > 0;
CREATE VIEW cte AS WITH x AS (SELECT kind, count(*) n FROM customers GROUP BY 1) SELECT * FROM x WHERE n > 1;
CREATE VIEW lat AS SELECT c.id, l.total FROM customers c CROSS JOIN LATERAL (SELECT total FROM invoices i WHERE i.customer_id = c.id ORDER BY due LIMIT 1) l;
CREATE VIEW zoned AS SELECT id, created_at AT TIME ZONE 'Europe/Berlin' AS local, trim(name) AS t, overlay(name placing 'x' from 1) AS o, CASE kind WHEN 'person' THEN 1 ELSE 2 END AS k, coalesce(grade, 0) AS g, created_at - interval '3 days' AS before FROM customers;
CREATE VIEW upd AS SELECT id, name FROM customers WITH CASCADED CHECK OPTION;
ALTER VIEW upd ALTER COLUMN name SET DEFAULT 'n/a';
CREATE VIEW vals AS SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, t);
CREATE VIEW srf AS SELECT g, t.ord FROM generate_series(1, 10) g, unnest(ARRAY['a','b']) WITH ORDINALITY AS t(x, ord);
CREATE MATERIALIZED VIEW totals AS SELECT customer_id, sum(total) AS total FROM invoices GROUP BY customer_id WITH DATA;
CREATE UNIQUE INDEX totals_customer_idx ON totals (customer_id);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.paid_at := now(); RETURN NEW; END $$;
CREATE FUNCTION add(a integer, b integer DEFAULT 1, VARIADIC rest integer[] DEFAULT '{}') RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5 SET search_path FROM CURRENT AS $$ SELECT a + b $$;
CREATE FUNCTION open_of(c uuid) RETURNS SETOF invoices LANGUAGE sql STABLE ROWS 5 SECURITY DEFINER AS $$ SELECT * FROM invoices WHERE customer_id = c $$;
CREATE FUNCTION tab(s status) RETURNS TABLE (a integer, b text) LANGUAGE sql AS $$ SELECT 1, 'x'::text $$;
CREATE PROCEDURE nothing(INOUT x integer) LANGUAGE plpgsql AS $$ BEGIN x := x + 1; END $$;
CREATE AGGREGATE product(integer) (SFUNC = int4mul, STYPE = integer, INITCOND = '1');
CREATE TRIGGER invoices_touch BEFORE UPDATE OF status ON invoices FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION touch();
CREATE TRIGGER events_touch AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON invoices DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE invoices DISABLE TRIGGER late;
CREATE RULE no_delete AS ON DELETE TO customers DO INSTEAD NOTHING;
CREATE RULE log_it AS ON INSERT TO base DO ALSO INSERT INTO scratch (a) VALUES (new.id);
ALTER TABLE customers ENABLE ROW LEVEL SECURITY; ALTER TABLE customers FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON customers FOR SELECT TO PUBLIC USING (name = current_user AND kind IN ('person', 'company'));
CREATE POLICY ins ON customers AS RESTRICTIVE FOR INSERT WITH CHECK (grade > 0 AND id IN (SELECT customer_id FROM invoices));
ALTER TABLE invoices REPLICA IDENTITY FULL;
ALTER TABLE invoices CLUSTER ON invoices_day_idx;
COMMENT ON TABLE invoices IS 'what customers owe';
COMMENT ON COLUMN invoices.total IS 'with tax';
COMMENT ON INDEX invoices_due_idx IS 'for reminders';
COMMENT ON CONSTRAINT due_or_paid ON invoices IS 'cc';
COMMENT ON TYPE status IS 'life of an invoice';
COMMENT ON FUNCTION touch() IS 'stamps';
COMMENT ON TRIGGER invoices_touch ON invoices IS 'tc';
COMMENT ON POLICY own ON customers IS 'pc';
COMMENT ON VIEW open_invoices IS 'vc';
COMMENT ON SEQUENCE invoice_number IS 'sc';
COMMENT ON RULE no_delete ON customers IS 'rc';
COMMENT ON STATISTICS scratch_stats IS 'stc';
COMMENT ON DOMAIN email IS 'dc';
COMMENT ON CONSTRAINT email_at ON DOMAIN email IS 'dcc';
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq);
CREATE COLLATION german (provider = libc, locale = 'C');
CREATE TEXT SEARCH CONFIGURATION plain (COPY = pg_catalog.simple);
CREATE TEXT SEARCH DICTIONARY words (TEMPLATE = pg_catalog.simple, STOPWORDS = english);
CREATE TABLE slots (id integer PRIMARY KEY, parent integer REFERENCES slots (id) ON UPDATE CASCADE DEFERRABLE);
ALTER TABLE slots REPLICA IDENTITY USING INDEX slots_pkey;
GRANT SELECT, INSERT ON slots TO pg_monitor;
GRANT UPDATE (parent) ON slots TO pg_monitor;
