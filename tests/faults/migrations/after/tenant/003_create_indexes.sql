-- pgmig: no-transaction
CREATE INDEX CONCURRENTLY names_name ON names (name);
CREATE UNIQUE INDEX CONCURRENTLY orders_account ON orders (account_id, id);
