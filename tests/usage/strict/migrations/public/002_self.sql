CREATE TABLE self (id uuid);
