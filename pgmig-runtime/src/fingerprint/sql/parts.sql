-- What hangs on a relation: constraints, indexes, sequences, triggers, rules, policies, statistics.
--
-- What every partition inherits (constraints, indexes and triggers that PostgreSQL made for it
-- from the parent's) is left out: the parent's fact stands for it, and names that PostgreSQL
-- chooses for such copies are not the same in all versions.
constraint_fact AS (
    SELECT r.ns, 'constraint' AS kind, r.name AS parent, quote_ident(k.conname) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_constraint k ON k.conrelid = r.oid
    LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')
    LEFT JOIN pg_class ic ON ic.oid = i.indexrelid
    LEFT JOIN pg_description d
        ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_constraintdef(k.oid)),
        ('validity', CASE WHEN NOT i.indisvalid THEN 'invalid' END),
        ('options', CASE WHEN ic.reloptions IS NOT NULL THEN (
            SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(ic.reloptions) o
        ) END),
        ('enforcement', CASE WHEN k.contype = 'f' AND EXISTS (
            SELECT FROM pg_trigger g WHERE g.tgconstraint = k.oid AND g.tgenabled NOT IN ('O', 'A')
        ) THEN 'disabled' END),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE k.contype IN ('c', 'p', 'u', 'f', 'x')
        AND k.conparentid = 0
        AND (k.conislocal OR k.contype <> 'c')
),
index_fact AS (
    SELECT r.ns, 'index' AS kind, r.name AS parent, quote_ident(c.relname) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_index i ON i.indrelid = r.oid
    JOIN pg_class c ON c.oid = i.indexrelid AND NOT c.relispartition
    LEFT JOIN pg_description d
        ON d.objoid = c.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_indexdef(c.oid)),
        ('validity', CASE WHEN NOT (i.indisvalid AND i.indisready AND i.indislive) THEN 'invalid' END),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE NOT EXISTS (
        SELECT FROM pg_constraint k
        WHERE k.conrelid = i.indrelid AND k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
    )
),
sequence_fact AS (
    SELECT r.ns,
        CASE WHEN o.deptype = 'i' THEN 'column' ELSE 'sequence' END AS kind,
        CASE WHEN o.deptype = 'i' THEN quote_ident(o.relname) END AS parent,
        CASE WHEN o.deptype = 'i' THEN quote_ident(o.attname) ELSE r.name END AS name,
        f.attribute, f.value
    FROM relation r
    JOIN pg_sequence s ON s.seqrelid = r.oid
    LEFT JOIN LATERAL (
        SELECT w.deptype, c.relname, a.attname
        FROM pg_depend w
        JOIN pg_class c ON c.oid = w.refobjid
        JOIN pg_attribute a ON a.attrelid = w.refobjid AND a.attnum = w.refobjsubid
        WHERE w.classid = 'pg_class'::regclass AND w.objid = r.oid
            AND w.refclassid = 'pg_class'::regclass AND w.deptype IN ('a', 'i')
    ) o ON true
    LEFT JOIN pg_description d
        ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (
        SELECT concat_ws(' ',
            CASE WHEN o.deptype = 'i' THEN r.name END,
            'AS ' || format_type(s.seqtypid, NULL), 'INCREMENT BY ' || s.seqincrement,
            'MINVALUE ' || s.seqmin, 'MAXVALUE ' || s.seqmax, 'START WITH ' || s.seqstart,
            'CACHE ' || s.seqcache, CASE WHEN s.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END
        ) AS options
    ) q
    CROSS JOIN LATERAL (VALUES
        (CASE WHEN o.deptype = 'i' THEN 'identity sequence' ELSE 'definition' END, q.options),
        ('owned by', CASE WHEN o.deptype = 'a' THEN
            quote_ident(o.relname) || '.' || quote_ident(o.attname)
        END),
        ('owner', CASE WHEN {owners} AND o.deptype IS NULL THEN
            quote_ident(pg_get_userbyid(r.relowner))
        END),
        ('comment', CASE WHEN o.deptype IS DISTINCT FROM 'i' THEN d.description END)
    ) f (attribute, value)
    WHERE r.relkind = 'S' AND (o.relname IS NULL OR o.relname NOT IN ({ignored}))
),
trigger_fact AS (
    SELECT r.ns, 'trigger' AS kind, r.name AS parent, quote_ident(g.tgname) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_trigger g ON g.tgrelid = r.oid AND NOT g.tgisinternal AND g.tgparentid = 0
    LEFT JOIN pg_description d
        ON d.objoid = g.oid AND d.classoid = 'pg_trigger'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_triggerdef(g.oid)),
        ('firing', CASE g.tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END),
        ('comment', d.description)
    ) f (attribute, value)
),
rule_fact AS (
    SELECT r.ns, 'rule' AS kind, r.name AS parent, quote_ident(u.rulename) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_rewrite u ON u.ev_class = r.oid AND u.rulename <> '_RETURN'
    LEFT JOIN pg_description d
        ON d.objoid = u.oid AND d.classoid = 'pg_rewrite'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', rtrim(pg_get_ruledef(u.oid), ';')),
        ('firing', CASE u.ev_enabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' END),
        ('comment', d.description)
    ) f (attribute, value)
),
policy_fact AS (
    SELECT r.ns, 'policy' AS kind, r.name AS parent, quote_ident(p.polname) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_policy p ON p.polrelid = r.oid
    LEFT JOIN pg_description d
        ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('command', CASE WHEN p.polpermissive THEN 'AS PERMISSIVE FOR ' ELSE 'AS RESTRICTIVE FOR ' END
            || CASE p.polcmd
                WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE'
                ELSE 'ALL'
            END),
        ('roles', (
            SELECT string_agg(role, ', ' ORDER BY role COLLATE "C")
            FROM unnest(p.polroles) o,
                LATERAL (SELECT CASE o WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(o)) END) n (role)
        )),
        ('using', pg_get_expr(p.polqual, p.polrelid)),
        ('check', pg_get_expr(p.polwithcheck, p.polrelid)),
        ('comment', d.description)
    ) f (attribute, value)
),
statistics_fact AS (
    SELECT r.ns, 'statistics' AS kind, r.name AS parent, quote_ident(s.stxname) AS name, f.attribute, f.value
    FROM relation r
    JOIN pg_statistic_ext s ON s.stxrelid = r.oid
    LEFT JOIN pg_description d
        ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_statisticsobjdef(s.oid)),
        ('target', CASE WHEN s.stxstattarget >= 0 THEN s.stxstattarget::text END),
        ('comment', d.description)
    ) f (attribute, value)
),
