-- Some customers pay within 14 days, some within 60. A constant default is kept in the catalog, so
-- this rewrites no table, however long.

ALTER TABLE customers
    ADD COLUMN payment_terms_days smallint NOT NULL DEFAULT 30,
    ADD COLUMN vat_id varchar(20);

COMMENT ON COLUMN customers.vat_id IS 'As printed on invoices; NULL for private persons.';
