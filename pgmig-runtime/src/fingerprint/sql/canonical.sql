-- All facts, and the form in which they are compared.
fact AS (
    SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM relation_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM column_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM constraint_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM index_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM sequence_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM type_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM domain_constraint_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM function_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM trigger_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM rule_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM policy_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM statistics_fact WHERE value IS NOT NULL
    UNION ALL SELECT ns, kind, parent, {name} AS name, attribute, {value} AS value FROM other_fact WHERE value IS NOT NULL
    UNION ALL SELECT * FROM grant_fact
),
-- x IN ('a', 'b') of a varchar is written in one way by the first PostgreSQL and in another by the
-- one that a dump is restored into; both become ARRAY['a'::character varying, ...].
stable AS (
    SELECT f.*,
        CASE WHEN strpos(f.value, '::character varying') > 0 AND strpos(f.value, 'ARRAY[') > 0
            THEN regexp_replace(
                regexp_replace(f.value, $$\((E?'(?:[^']|'')*'::character varying)\)::text$$, $$\1$$, 'g'),
                $$\((ARRAY\[(?:E?'(?:[^']|'')*'::character varying(?:, )?)+\])\)::text\[\]$$, $$\1$$, 'g'
            )
            ELSE f.value
        END AS stable_value
    FROM fact f
),
-- What differs between the majors, for the portable form: (15 -> 16) a view over one table names
-- its columns without the table; (13 -> 14) calls that have a syntax of their own are written so,
-- and not as functions. The latter cannot be turned into each other by patterns, so an expression
-- that has such a call becomes the sorted list of its words.
portable AS (
    SELECT s.*, w.words,
        CASE WHEN {portable} AND s.kind IN ('view', 'materialized view') AND s.attribute = 'definition'
            THEN regexp_replace(
                regexp_replace(s.stable_value, $$\s+$$, ' ', 'g'),
                $$(?<![\w"$])(?:[a-z_][\w$]*|"(?:[^"]|"")+")\.(?=[a-z_"])$$, '', 'g'
            )
            ELSE s.stable_value
        END AS portable_value
    FROM stable s
    CROSS JOIN LATERAL (
        SELECT {portable}
            AND s.attribute IN ('definition', 'default', 'generated', 'using', 'check', 'partition key')
            AND s.kind NOT IN ('function', 'procedure', 'aggregate')
            AND s.stable_value ~ concat(
                $$(EXTRACT|date_part|timezone|"?overlaps"?|pg_collation_for|is_normalized|$$,
                $$SUBSTRING|"substring"|POSITION|"position"|OVERLAY|"overlay"|NORMALIZE|"normalize"|$$,
                $$TRIM|btrim|ltrim|rtrim)\(| AT TIME ZONE | OVERLAPS |COLLATION FOR | NORMALIZED$$
            )
    ) w (words)
),
even AS (
    SELECT p.*,
        CASE WHEN p.words THEN (
            SELECT string_agg(w.word, ' ' ORDER BY w.word COLLATE "C")
            FROM regexp_matches(
                    regexp_replace(
                        -- Casts: a function's arguments are cast to text, those of its syntax are not.
                        regexp_replace(
                            regexp_replace(p.portable_value,
                                $$(?<![\w"$])(?:[a-z_][\w$]*|"(?:[^"]|"")+")\.(?=[a-z_"])$$, '', 'g'),
                            concat($$::(?:"[^"]+"|\w+)(?: varying| precision)?(?:\(\d+(?:,\d+)?\))?$$,
                                $$(?: with(?:out)? time zone)?(?:\[\])*$$),
                            '', 'g'),
                        $$EXTRACT\((\w+) $$, $$EXTRACT('\1' $$, 'g'
                    ),
                    $$(E?'(?:[^']|'')*'|(?:[\w.$]|"(?:[^"]|"")*")+|[-<>=~!@#%^&|`?*/+]+)$$, 'g'
                ) m,
                LATERAL (SELECT CASE m[1]
                    WHEN 'EXTRACT' THEN 'date_part' WHEN 'AT' THEN 'timezone'
                    WHEN 'BOTH' THEN 'btrim' WHEN 'LEADING' THEN 'ltrim' WHEN 'TRAILING' THEN 'rtrim'
                    WHEN 'SUBSTRING' THEN '"substring"' WHEN 'POSITION' THEN '"position"'
                    WHEN 'OVERLAY' THEN '"overlay"' WHEN 'NORMALIZE' THEN '"normalize"'
                    WHEN 'OVERLAPS' THEN '"overlaps"' WHEN 'COLLATION' THEN 'pg_collation_for'
                    WHEN 'NORMALIZED' THEN 'is_normalized'
                    ELSE m[1]
                END) w (word)
            WHERE m[1] NOT IN ('FROM', 'FOR', 'IN', 'IS', 'PLACING', 'TIME', 'ZONE', 'TRIM')
        ) ELSE p.portable_value END AS even_value
    FROM portable p
),
-- The form in which values are compared. The schema's own name becomes the character 1, wherever
-- it stands: as a qualifier, in a string, in a function's body. A text that has the name by
-- coincidence is changed too; `diff` allows for that, by changing both sides in the same way.
-- This comes last, so that what was done before does not depend on the name.
canonical AS (
    SELECT e.ns, e.kind, e.parent, e.name, e.attribute, e.value,
        replace(e.name, t.quoted, chr(1)) AS own_name,
        CASE
            WHEN strpos(e.even_value, t.nspname) = 0 AND t.quoted = t.nspname THEN e.even_value
            WHEN t.quoted = t.nspname THEN
                replace(replace(e.even_value, concat('"', t.nspname, '"'), chr(1)), t.nspname, chr(1))
            -- A name that needs quotes stands in three ways: as a name, as a name inside a string
            -- ('"x''y".z'::regclass), and as a string (SET search_path TO 'x''y').
            ELSE replace(replace(replace(e.even_value,
                concat('''', replace(t.nspname, '''', ''''''), ''''), concat('''', chr(1), '''')),
                replace(t.quoted, '''', ''''''), chr(1)),
                t.quoted, chr(1))
        END AS canonical
    FROM even e
    JOIN target t ON t.oid = e.ns
)
