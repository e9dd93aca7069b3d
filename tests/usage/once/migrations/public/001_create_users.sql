-- The marker 6f1c7a40.
CREATE TABLE users (id uuid PRIMARY KEY);
