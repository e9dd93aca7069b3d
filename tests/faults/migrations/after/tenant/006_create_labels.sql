CREATE TABLE labels (id int PRIMARY KEY, label text UNIQUE, kind kind NOT NULL DEFAULT 'late');
INSERT INTO effects VALUES ('006');
