-- What the later migrations change, a table each, and `effects`, in which they count themselves.
CREATE TABLE effects (what text NOT NULL);
CREATE TYPE kind AS ENUM ('early');
CREATE TABLE accounts (id int PRIMARY KEY);
CREATE TABLE names (id int REFERENCES accounts, name text);
CREATE TABLE orders (id int, account_id int REFERENCES accounts);
CREATE TABLE totals (id int, total int);
CREATE TABLE olds (id int, old text);
CREATE INDEX olds_old ON olds (old);
CREATE TABLE worns (id int, worn text);
CREATE INDEX worns_worn ON worns (worn);
CREATE TABLE events (id int, kind kind NOT NULL DEFAULT 'early');
INSERT INTO accounts SELECT generate_series(1, 100);
INSERT INTO names SELECT id, 'name ' || id FROM accounts;
INSERT INTO orders SELECT id, id FROM accounts;
INSERT INTO totals SELECT id, id FROM accounts;
INSERT INTO effects VALUES ('001');
