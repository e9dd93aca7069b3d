ALTER TABLE public.accounts ADD COLUMN note text NOT NULL DEFAULT 'none';
CREATE VIEW public.notes AS SELECT id, note FROM public.accounts;
INSERT INTO public.effects VALUES ('002');
