-- Licensed to everybody.
/* And /* nested */ so on. */

CREATE TABLE plans (
	id uuid PRIMARY KEY
);
