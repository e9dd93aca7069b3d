-- pgmig: no-transaction
CREATE INDEX CONCURRENTLY a ON b (c);
