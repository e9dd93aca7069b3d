-- The reverse of their making, so that no foreign key is in the way.
DROP TABLE user_sessions;
DROP TABLE sessions;
DROP TABLE users;
DROP TABLE tenants;
