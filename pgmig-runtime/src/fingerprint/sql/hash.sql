SELECT t.nspname AS schema, encode(
    sha256(convert_to(coalesce(string_agg(c.line, chr(30) ORDER BY c.line COLLATE "C"), ''), 'UTF8')), 'hex'
) AS digest
FROM target t
LEFT JOIN (
    SELECT ns, concat_ws(chr(31), kind, coalesce(parent, ''), own_name, attribute, canonical) AS line
    FROM canonical
) c ON c.ns = t.oid
GROUP BY t.oid, t.nspname
ORDER BY t.nspname COLLATE "C"
