BEGIN;
SET timezone = 'UTC';
SET LOCAL search_path = other;
COMMIT;
