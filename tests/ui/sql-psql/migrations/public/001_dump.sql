\restrict k3y

CREATE TABLE users (id int);

COPY users (id) FROM stdin;
1
2
\.

\connect shop

SELECT :limit;

\unrestrict k3y
