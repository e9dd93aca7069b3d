-- Licensed to everybody.
/* And /* nested */ so on. */

CREATE TABLE notes (
	id uuid PRIMARY KEY
);
