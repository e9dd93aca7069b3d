CREATE TYPE mood AS ENUM ('sad');

CREATE TABLE users (
    id uuid PRIMARY KEY,
    mood mood NOT NULL
);
