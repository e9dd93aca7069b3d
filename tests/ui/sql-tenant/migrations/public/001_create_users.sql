CREATE TABLE users (id uuid PRIMARY KEY);

CREATE VIEW all_invoices AS SELECT * FROM invoices;
