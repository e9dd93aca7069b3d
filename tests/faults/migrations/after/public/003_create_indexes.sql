-- pgmig: no-transaction
CREATE INDEX CONCURRENTLY names_name ON public.names (name);
CREATE UNIQUE INDEX CONCURRENTLY orders_account ON public.orders (account_id, id);
