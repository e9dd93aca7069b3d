-- pgmig: no-transaction
CREATE INDEX CONCURRENTLY invoices_by_number
    ON invoices (number);
