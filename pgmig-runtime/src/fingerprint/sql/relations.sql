-- What a schema consists of, as facts: (kind, parent, name, attribute, value), for any number of
-- schemas at once. The names between braces are filled in by `query.rs`, which also sets the
-- search path to pg_catalog and the output styles before it, so that PostgreSQL writes every name
-- of a user's schema with its schema, and every constant in one style.
--
-- An attribute that has its default is left out, so that a fact is worth reading, and so that an
-- attribute that an older PostgreSQL does not know equals one that nobody has set.
WITH
target AS MATERIALIZED (
    SELECT oid, nspname, quote_ident(nspname) AS quoted, nspowner AS owner, nspacl AS acl
    FROM pg_namespace
    WHERE nspname IN ({schemas})
),
extension_member AS MATERIALIZED (
    SELECT classid, objid
    FROM pg_depend
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
),
relation AS MATERIALIZED (
    SELECT c.*, c.relnamespace AS ns, quote_ident(c.relname) AS name,
        CASE c.relkind
            WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
            WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' ELSE 'table'
        END AS kind
    FROM target t
    JOIN pg_class c ON c.relnamespace = t.oid
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'c')
        AND c.relname NOT IN ({ignored})
        AND NOT EXISTS (
            SELECT FROM extension_member e
            WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        )
),
relation_fact AS (
    SELECT r.ns, r.kind, NULL::text AS parent, r.name, f.attribute, f.value
    FROM relation r
    LEFT JOIN pg_class toast ON toast.oid = r.reltoastrelid
    LEFT JOIN pg_am am ON am.oid = r.relam
    LEFT JOIN pg_description d
        ON d.objoid = r.oid AND d.classoid = 'pg_class'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('persistence', CASE
            WHEN r.relkind IN ('r', 'p', 'f')
            THEN CASE r.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'permanent' END
        END),
        ('definition', CASE WHEN r.relkind IN ('v', 'm') THEN rtrim(pg_get_viewdef(r.oid), ';') END),
        -- What a view reads, column by column: the portable form of a definition leaves out which
        -- table a column is of.
        ('reads', CASE WHEN {portable} AND r.relkind IN ('v', 'm') THEN (
            SELECT string_agg(
                w.refobjid::regclass || coalesce('.' || quote_ident(a.attname), ''), ', '
                ORDER BY w.refobjid::regclass::text COLLATE "C", a.attname COLLATE "C"
            )
            FROM pg_rewrite u
            JOIN pg_depend w ON w.classid = 'pg_rewrite'::regclass AND w.objid = u.oid
                AND w.refclassid = 'pg_class'::regclass AND w.refobjid <> r.oid
            LEFT JOIN pg_attribute a ON a.attrelid = w.refobjid AND a.attnum = w.refobjsubid AND a.attnum > 0
            WHERE u.ev_class = r.oid AND u.rulename = '_RETURN'
        ) END),
        ('partition key', CASE WHEN r.relkind = 'p' THEN pg_get_partkeydef(r.oid) END),
        ('partition of', CASE WHEN r.relispartition THEN (
            SELECT i.inhparent::regclass || ' ' || pg_get_expr(r.relpartbound, r.oid)
                || CASE to_jsonb(i) ->> 'inhdetachpending' WHEN 'true' THEN ' (being detached)' ELSE '' END
            FROM pg_inherits i
            WHERE i.inhrelid = r.oid
        ) END),
        ('inherits', CASE WHEN r.relkind IN ('r', 'f') AND NOT r.relispartition THEN (
            SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno)
            FROM pg_inherits i
            WHERE i.inhrelid = r.oid
        ) END),
        ('of type', CASE WHEN r.reloftype <> 0 THEN r.reloftype::regtype::text END),
        ('access method', CASE WHEN r.relkind IN ('r', 'p', 'm') THEN nullif(am.amname, 'heap')::text END),
        ('options', CASE WHEN r.reloptions IS NOT NULL THEN (
            SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(r.reloptions) o
        ) END),
        ('toast options', CASE WHEN toast.reloptions IS NOT NULL THEN (
            SELECT string_agg('toast.' || o, ', ' ORDER BY o COLLATE "C") FROM unnest(toast.reloptions) o
        ) END),
        ('row security', CASE WHEN r.relrowsecurity THEN 'enabled' END),
        ('forced row security', CASE WHEN r.relforcerowsecurity THEN 'enabled' END),
        ('replica identity', CASE
            WHEN r.relkind IN ('r', 'p') AND r.relreplident = 'f' THEN 'full'
            WHEN r.relkind IN ('r', 'p') AND r.relreplident = 'n' THEN 'nothing'
            WHEN r.relkind IN ('r', 'p') AND r.relreplident = 'i' THEN (
                SELECT 'index ' || quote_ident(c.relname)
                FROM pg_index i
                JOIN pg_class c ON c.oid = i.indexrelid
                WHERE i.indrelid = r.oid AND i.indisreplident
            )
        END),
        ('clustered on', CASE WHEN r.relkind IN ('r', 'p', 'm') THEN (
            SELECT quote_ident(c.relname)
            FROM pg_index i
            JOIN pg_class c ON c.oid = i.indexrelid
            WHERE i.indrelid = r.oid AND i.indisclustered
        ) END),
        ('server', CASE WHEN r.relkind = 'f' THEN (
            SELECT quote_ident(s.srvname) || coalesce((
                SELECT ' OPTIONS (' || string_agg(o, ', ' ORDER BY o COLLATE "C") || ')'
                FROM unnest(ft.ftoptions) o
            ), '')
            FROM pg_foreign_table ft
            JOIN pg_foreign_server s ON s.oid = ft.ftserver
            WHERE ft.ftrelid = r.oid
        ) END),
        ('owner', CASE WHEN {owners} THEN quote_ident(pg_get_userbyid(r.relowner)) END),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE r.relkind NOT IN ('S', 'c')
),
column_fact AS (
    SELECT r.ns, 'column' AS kind, r.name AS parent, quote_ident(a.attname) AS name, f.attribute, f.value
    -- Where pg_attribute has no attcompression (13), the name means this row's.
    FROM (VALUES (''::"char")) older (attcompression)
    CROSS JOIN LATERAL (
        SELECT *, attcompression AS compression FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
    ) a
    JOIN relation r ON r.oid = a.attrelid
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_constraint k
        ON k.conrelid = a.attrelid AND k.conkey[1] = a.attnum AND k.contype = 'n' AND NOT k.convalidated
    LEFT JOIN pg_attrdef ad ON a.atthasdef AND ad.adrelid = a.attrelid AND ad.adnum = a.attnum
    LEFT JOIN pg_description d
        ON d.objoid = a.attrelid AND d.classoid = 'pg_class'::regclass AND d.objsubid = a.attnum
    CROSS JOIN LATERAL (VALUES
        -- The types of a view's columns follow from its definition.
        ('type', CASE WHEN r.relkind NOT IN ('v', 'm') THEN format_type(a.atttypid, a.atttypmod) END),
        -- PostgreSQL 18 keeps NOT NULL as a constraint too, with a name. The names differ from
        -- those of a schema that was made by an older one, so only the state counts.
        ('nullability', CASE WHEN k.oid IS NOT NULL THEN 'not null not valid' WHEN a.attnotnull THEN 'not null' END),
        ('default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(ad.adbin, ad.adrelid) END),
        ('generated', CASE WHEN a.attgenerated <> '' THEN
            '(' || pg_get_expr(ad.adbin, ad.adrelid) || ')'
            || CASE a.attgenerated WHEN 's' THEN ' stored' ELSE ' virtual' END
        END),
        ('identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END),
        ('collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END),
        ('storage', CASE WHEN r.relkind <> 'v' AND a.attstorage <> t.typstorage THEN
            CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main' ELSE 'extended' END
        END),
        ('compression', CASE a.compression WHEN 'p' THEN 'pglz' WHEN 'l' THEN 'lz4' END),
        ('statistics', CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END),
        ('options', CASE WHEN a.attoptions IS NOT NULL THEN (
            SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(a.attoptions) o
        ) END),
        ('foreign options', CASE WHEN a.attfdwoptions IS NOT NULL THEN (
            SELECT string_agg(o, ', ' ORDER BY o COLLATE "C") FROM unnest(a.attfdwoptions) o
        ) END),
        ('position', CASE WHEN {column_order} THEN (
            SELECT count(*)::text
            FROM pg_attribute b
            WHERE b.attrelid = a.attrelid AND b.attnum BETWEEN 1 AND a.attnum AND NOT b.attisdropped
        ) END),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE r.relkind NOT IN ('S', 'c')
),
