CREATE EXTENSION pgcrypto;

ALTER TABLE users ADD COLUMN name text;

CREATE INDEX users_id ON public.users (id);

INSERT INTO public.users VALUES (gen_random_uuid());
