ALTER TABLE accounts ADD COLUMN note text NOT NULL DEFAULT 'none';
CREATE VIEW notes AS SELECT id, note FROM accounts;
INSERT INTO effects VALUES ('002');
