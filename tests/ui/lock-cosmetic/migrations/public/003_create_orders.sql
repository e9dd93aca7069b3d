-- Licensed to everybody.
/* And /* nested */ so on. */

CREATE TABLE orders (
	id uuid PRIMARY KEY
);
