SELECT t.nspname AS schema, t.quoted, c.kind, c.parent, c.name, c.attribute, c.value, c.canonical
FROM canonical c
JOIN target t ON t.oid = c.ns
ORDER BY t.nspname COLLATE "C"
