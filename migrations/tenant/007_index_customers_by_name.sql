-- pgmig: no-transaction
-- Search as you type, by the beginning of the name and whatever its case. The big tenants have
-- this table under load all day, so the index is built without blocking writes.

CREATE INDEX CONCURRENTLY customers_name_lower_idx ON customers (lower(name) text_pattern_ops);
