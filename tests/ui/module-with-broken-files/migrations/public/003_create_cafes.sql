COMMENT ON TABLE cafes IS 'Cafés';
