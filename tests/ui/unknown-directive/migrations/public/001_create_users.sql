-- pgmig: no-transaktion
CREATE TABLE users (id uuid PRIMARY KEY);
