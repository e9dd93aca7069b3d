-- Made by cargo pgmig baseline.
CREATE TABLE public.users (id uuid, email text);
CREATE INDEX users_email_idx ON public.users (email);
