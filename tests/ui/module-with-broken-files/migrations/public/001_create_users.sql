-- pgmig: no-transation
CREATE TABLE users (id uuid PRIMARY KEY);
