ALTER TABLE customers
    DROP COLUMN vat_id,
    DROP COLUMN payment_terms_days;
