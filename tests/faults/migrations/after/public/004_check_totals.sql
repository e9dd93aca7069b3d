ALTER TABLE public.totals ADD CONSTRAINT positive CHECK (total > 0);
CREATE FUNCTION public.count_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.total := coalesce(NEW.total, 0) + 1;
  RETURN NEW;
END
$$;
CREATE TRIGGER totals_counted BEFORE INSERT ON public.totals FOR EACH ROW EXECUTE FUNCTION public.count_event();
INSERT INTO public.effects VALUES ('004');
