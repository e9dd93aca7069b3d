CREATE TABLE cafes (id uuid);
COMMENT ON TABLE cafes IS 'Cafés';
