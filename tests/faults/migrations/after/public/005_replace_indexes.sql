-- pgmig: no-transaction
ALTER TYPE public.kind ADD VALUE 'late';
DROP INDEX CONCURRENTLY public.olds_old;
REINDEX INDEX CONCURRENTLY public.worns_worn;
CREATE INDEX CONCURRENTLY events_kind ON public.events (kind);
