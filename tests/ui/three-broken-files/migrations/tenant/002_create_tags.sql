CREATE TABLE tags (
    id uuid PRIMARY KEY
);
COMMENT ON TABLE tags IS 'Café';
