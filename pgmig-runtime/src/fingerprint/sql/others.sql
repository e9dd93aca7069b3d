-- Types, functions, and what is rarer; and what others were granted.
type_fact AS (
    SELECT t.typnamespace AS ns,
        CASE t.typtype
            WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type'
            WHEN 'c' THEN 'composite type' ELSE 'base type'
        END AS kind,
        NULL AS parent, quote_ident(t.typname) AS name, f.attribute, f.value
    FROM target n
    JOIN pg_type t ON t.typnamespace = n.oid
    LEFT JOIN relation r ON r.oid = t.typrelid AND r.relkind = 'c'
    LEFT JOIN pg_range g ON g.rngtypid = t.oid
    LEFT JOIN pg_type b ON b.oid = t.typbasetype
    LEFT JOIN pg_description d
        ON d.objoid = t.oid AND d.classoid = 'pg_type'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('labels', CASE WHEN t.typtype = 'e' THEN (
            SELECT coalesce(string_agg(quote_literal(l.enumlabel), ', ' ORDER BY l.enumsortorder), '')
            FROM pg_enum l
            WHERE l.enumtypid = t.oid
        ) END),
        ('type', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END),
        ('default', CASE WHEN t.typtype = 'd' THEN pg_get_expr(t.typdefaultbin, 0) END),
        ('nullability', CASE WHEN t.typtype = 'd' AND t.typnotnull THEN 'not null' END),
        ('collation', CASE WHEN t.typtype = 'd' AND t.typcollation <> b.typcollation
            THEN t.typcollation::regcollation::text
        END),
        ('attributes', CASE WHEN t.typtype = 'c' THEN (
            SELECT coalesce(string_agg(
                quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod)
                || CASE WHEN a.attcollation <> at.typcollation
                    THEN ' COLLATE ' || a.attcollation::regcollation ELSE ''
                END, ', ' ORDER BY a.attnum
            ), '')
            FROM pg_attribute a
            JOIN pg_type at ON at.oid = a.atttypid
            WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        ) END),
        ('definition', CASE
            WHEN t.typtype = 'r' THEN concat_ws(', ',
                'SUBTYPE = ' || format_type(g.rngsubtype, NULL),
                'SUBTYPE_OPCLASS = ' || (
                    SELECT quote_ident(ns.nspname) || '.' || quote_ident(oc.opcname)
                    FROM pg_opclass oc
                    JOIN pg_namespace ns ON ns.oid = oc.opcnamespace
                    WHERE oc.oid = g.rngsubopc
                ),
                'COLLATION = ' || nullif(g.rngcollation, 0)::regcollation,
                'CANONICAL = ' || nullif(g.rngcanonical, 0)::regproc,
                'SUBTYPE_DIFF = ' || nullif(g.rngsubdiff, 0)::regproc
            )
            WHEN t.typtype = 'b' THEN concat_ws(', ',
                'INPUT = ' || t.typinput::regproc, 'OUTPUT = ' || t.typoutput::regproc,
                'INTERNALLENGTH = ' || t.typlen
            )
        END),
        ('owner', CASE WHEN {owners} THEN quote_ident(pg_get_userbyid(t.typowner)) END),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE (
            t.typtype IN ('e', 'd', 'r')
            OR t.typtype = 'c' AND r.oid IS NOT NULL
            OR t.typtype = 'b' AND t.typinput <> 'array_in'::regproc
        )
        AND NOT EXISTS (
            SELECT FROM extension_member e
            WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid
        )
),
domain_constraint_fact AS (
    SELECT t.typnamespace AS ns, 'domain constraint' AS kind, quote_ident(t.typname) AS parent,
        quote_ident(k.conname) AS name, f.attribute, f.value
    FROM target n
    JOIN pg_type t ON t.typnamespace = n.oid AND t.typtype = 'd'
    JOIN pg_constraint k ON k.contypid = t.oid AND k.contype = 'c'
    LEFT JOIN pg_description d
        ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', pg_get_constraintdef(k.oid)),
        ('comment', d.description)
    ) f (attribute, value)
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid
    )
),
function_fact AS (
    SELECT p.pronamespace AS ns,
        CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END AS kind,
        NULL AS parent, quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')' AS name,
        f.attribute, f.value
    FROM target n
    JOIN pg_proc p ON p.pronamespace = n.oid
    LEFT JOIN pg_aggregate g ON g.aggfnoid = p.oid
    LEFT JOIN pg_operator so ON so.oid = g.aggsortop
    LEFT JOIN pg_description d
        ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass AND d.objsubid = 0
    CROSS JOIN LATERAL (VALUES
        ('definition', CASE
            WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid)
            ELSE concat_ws(', ',
                'SFUNC = ' || g.aggtransfn::regproc, 'STYPE = ' || format_type(g.aggtranstype, NULL),
                'SSPACE = ' || nullif(g.aggtransspace, 0),
                'FINALFUNC = ' || nullif(g.aggfinalfn, 0)::regproc,
                CASE WHEN g.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
                CASE WHEN g.aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = ' || CASE g.aggfinalmodify
                    WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE'
                END END,
                'COMBINEFUNC = ' || nullif(g.aggcombinefn, 0)::regproc,
                'SERIALFUNC = ' || nullif(g.aggserialfn, 0)::regproc,
                'DESERIALFUNC = ' || nullif(g.aggdeserialfn, 0)::regproc,
                'INITCOND = ' || quote_literal(g.agginitval),
                'MSFUNC = ' || nullif(g.aggmtransfn, 0)::regproc,
                'MINVFUNC = ' || nullif(g.aggminvtransfn, 0)::regproc,
                'MSTYPE = ' || format_type(nullif(g.aggmtranstype, 0), NULL),
                'MFINALFUNC = ' || nullif(g.aggmfinalfn, 0)::regproc,
                'MINITCOND = ' || quote_literal(g.aggminitval),
                'SORTOP = ' || so.oid::regoperator,
                'PARALLEL = ' || CASE p.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' END,
                CASE WHEN g.aggkind = 'h' THEN 'HYPOTHETICAL' END,
                CASE WHEN g.aggkind <> 'n' THEN 'DIRECT ARGUMENTS = ' || g.aggnumdirectargs END
            )
        END),
        ('owner', CASE WHEN {owners} THEN quote_ident(pg_get_userbyid(p.proowner)) END),
        ('comment', d.description)
    ) f (attribute, value)
    -- Not those of an extension (e), nor those that a range type brings with it (i).
    WHERE NOT EXISTS (
        SELECT FROM pg_depend w
        WHERE w.classid = 'pg_proc'::regclass AND w.objid = p.oid AND w.deptype IN ('e', 'i')
    )
),
other_fact AS (
    SELECT n.oid AS ns, 'collation' AS kind, NULL AS parent, quote_ident(c.collname) AS name,
        'definition' AS attribute,
        concat_ws(', ',
            'PROVIDER = ' || CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,
            -- The locale of ICU has had three names (13, 15, 17), the first shared with libc.
            'LOCALE = ' || quote_literal(coalesce(
                to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', c.collcollate::text)),
            CASE WHEN c.collctype <> c.collcollate THEN 'LC_CTYPE = ' || quote_literal(c.collctype) END,
            CASE WHEN NOT c.collisdeterministic THEN 'DETERMINISTIC = false' END,
            'RULES = ' || quote_literal(to_jsonb(c) ->> 'collicurules')
        ) AS value
    FROM target n
    JOIN pg_collation c ON c.collnamespace = n.oid
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_collation'::regclass AND e.objid = c.oid
    )
    UNION ALL
    SELECT n.oid, 'operator', NULL,
        o.oprname || ' (' || concat_ws(', ',
            CASE o.oprleft WHEN 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,
            CASE o.oprright WHEN 0 THEN 'NONE' ELSE format_type(o.oprright, NULL) END
        ) || ')',
        'definition',
        concat_ws(', ',
            'FUNCTION = ' || o.oprcode::regproc,
            'COMMUTATOR = ' || nullif(o.oprcom, 0)::regoperator,
            'NEGATOR = ' || nullif(o.oprnegate, 0)::regoperator,
            'RESTRICT = ' || nullif(o.oprrest, 0)::regproc,
            'JOIN = ' || nullif(o.oprjoin, 0)::regproc,
            CASE WHEN o.oprcanhash THEN 'HASHES' END,
            CASE WHEN o.oprcanmerge THEN 'MERGES' END
        )
    FROM target n
    JOIN pg_operator o ON o.oprnamespace = n.oid
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_operator'::regclass AND e.objid = o.oid
    )
    UNION ALL
    SELECT n.oid, 'operator class', NULL, quote_ident(o.opcname) || ' USING ' || quote_ident(am.amname),
        'definition',
        concat_ws(' ',
            CASE WHEN o.opcdefault THEN 'DEFAULT' END,
            'FOR TYPE ' || format_type(o.opcintype, NULL),
            'STORAGE ' || format_type(nullif(o.opckeytype, 0), NULL)
        )
    FROM target n
    JOIN pg_opclass o ON o.opcnamespace = n.oid
    JOIN pg_am am ON am.oid = o.opcmethod
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_opclass'::regclass AND e.objid = o.oid
    )
    UNION ALL
    SELECT n.oid, 'text search configuration', NULL, quote_ident(c.cfgname), 'definition',
        'PARSER = ' || quote_ident(p.prsname) || coalesce('; ' || (
            SELECT string_agg(
                m.maptokentype || ' ' || m.mapdict::regdictionary, ', ' ORDER BY m.maptokentype, m.mapseqno
            )
            FROM pg_ts_config_map m
            WHERE m.mapcfg = c.oid
        ), '')
    FROM target n
    JOIN pg_ts_config c ON c.cfgnamespace = n.oid
    JOIN pg_ts_parser p ON p.oid = c.cfgparser
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_ts_config'::regclass AND e.objid = c.oid
    )
    UNION ALL
    SELECT n.oid, 'text search dictionary', NULL, quote_ident(c.dictname), 'definition',
        concat_ws(', ', 'TEMPLATE = ' || quote_ident(t.tmplname), c.dictinitoption)
    FROM target n
    JOIN pg_ts_dict c ON c.dictnamespace = n.oid
    JOIN pg_ts_template t ON t.oid = c.dicttemplate
    WHERE NOT EXISTS (
        SELECT FROM extension_member e
        WHERE e.classid = 'pg_ts_dict'::regclass AND e.objid = c.oid
    )
),
-- What the owner may do by being the owner is no grant, and who the owner is does not count here.
grant_fact AS (
    SELECT o.ns, o.kind, o.parent, o.name,
        'grants to ' || g.grantee AS attribute,
        string_agg(g.privilege, ', ' ORDER BY g.privilege COLLATE "C") AS value
    FROM (
        SELECT ns, kind, NULL AS parent, name, relowner AS owner,
            coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)) AS acl
        FROM relation
        WHERE {grants} AND relkind <> 'c'
        UNION ALL
        SELECT r.ns, 'column', r.name, quote_ident(a.attname), r.relowner, a.attacl
        FROM relation r
        JOIN pg_attribute a ON a.attrelid = r.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
        WHERE {grants}
        UNION ALL
        SELECT n.oid, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
            NULL, quote_ident(p.proname) || '(' || oidvectortypes(p.proargtypes) || ')', p.proowner,
            coalesce(p.proacl, acldefault('f', p.proowner))
        FROM target n
        JOIN pg_proc p ON p.pronamespace = n.oid
        WHERE {grants} AND NOT EXISTS (
            SELECT FROM pg_depend w
            WHERE w.classid = 'pg_proc'::regclass AND w.objid = p.oid AND w.deptype IN ('e', 'i')
        )
        UNION ALL
        SELECT n.oid, CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' ELSE 'range type' END,
            NULL, quote_ident(t.typname), t.typowner, coalesce(t.typacl, acldefault('T', t.typowner))
        FROM target n
        JOIN pg_type t ON t.typnamespace = n.oid AND t.typtype IN ('e', 'd', 'r')
        WHERE {grants} AND NOT EXISTS (
            SELECT FROM extension_member e
            WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid
        )
        UNION ALL
        SELECT oid, 'schema', NULL, '', owner, coalesce(acl, acldefault('n', owner))
        FROM target
        WHERE {grants}
    ) o
    CROSS JOIN LATERAL (
        SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS grantee,
            x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
        FROM aclexplode(o.acl) x
        -- MAINTAIN came with 17, where GRANT ALL includes it.
        WHERE x.grantee <> o.owner AND x.privilege_type <> 'MAINTAIN'
    ) g
    GROUP BY o.ns, o.kind, o.parent, o.name, g.grantee
),
