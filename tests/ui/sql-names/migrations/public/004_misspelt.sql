CREATE INDEX people_email ON people (emial);

CREATE VIEW addresses AS SELECT p.email FROM poeple p;
