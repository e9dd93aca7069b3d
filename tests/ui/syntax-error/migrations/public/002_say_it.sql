INSERT INTO users (email) VALUES ('never closed);
