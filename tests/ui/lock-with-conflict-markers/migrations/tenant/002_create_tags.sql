CREATE TABLE tags (
    id uuid PRIMARY KEY
);
