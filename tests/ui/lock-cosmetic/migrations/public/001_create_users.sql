-- Licensed to everybody.
/* And /* nested */ so on. */

CREATE TABLE users (
	id uuid PRIMARY KEY
);
