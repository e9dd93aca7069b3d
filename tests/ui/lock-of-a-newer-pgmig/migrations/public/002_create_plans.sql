CREATE TABLE plans (
    id uuid PRIMARY KEY
);
