CREATE INDEX CONCURRENTLY users_mood ON users (mood);
