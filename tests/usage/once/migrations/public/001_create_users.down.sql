-- The marker 0b93d2e5.
DROP TABLE users;
