-- pgmig: no-transaction
DROP INDEX CONCURRENTLY customers_name_lower_idx;
