-- pgmig: no-transaction
ALTER TYPE kind ADD VALUE 'late';
DROP INDEX CONCURRENTLY olds_old;
REINDEX INDEX CONCURRENTLY worns_worn;
CREATE INDEX CONCURRENTLY events_kind ON events (kind);
