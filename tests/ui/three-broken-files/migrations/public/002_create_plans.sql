-- pgmig: no-transation
CREATE TABLE plans (
    id uuid PRIMARY KEY
);
