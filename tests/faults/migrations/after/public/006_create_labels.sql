CREATE TABLE public.labels (id int PRIMARY KEY, label text UNIQUE, kind public.kind NOT NULL DEFAULT 'late');
INSERT INTO public.effects VALUES ('006');
