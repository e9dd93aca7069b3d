ALTER TABLE totals ADD CONSTRAINT positive CHECK (total > 0);
CREATE FUNCTION count_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.total := coalesce(NEW.total, 0) + 1;
  RETURN NEW;
END
$$;
CREATE TRIGGER totals_counted BEFORE INSERT ON totals FOR EACH ROW EXECUTE FUNCTION count_event();
INSERT INTO effects VALUES ('004');
