-- What the later migrations change, a table each, and `effects`, in which they count themselves.
CREATE TABLE public.effects (what text NOT NULL);
CREATE TYPE public.kind AS ENUM ('early');
CREATE TABLE public.accounts (id int PRIMARY KEY);
CREATE TABLE public.names (id int REFERENCES public.accounts, name text);
CREATE TABLE public.orders (id int, account_id int REFERENCES public.accounts);
CREATE TABLE public.totals (id int, total int);
CREATE TABLE public.olds (id int, old text);
CREATE INDEX olds_old ON public.olds (old);
CREATE TABLE public.worns (id int, worn text);
CREATE INDEX worns_worn ON public.worns (worn);
CREATE TABLE public.events (id int, kind public.kind NOT NULL DEFAULT 'early');
INSERT INTO public.accounts SELECT generate_series(1, 100);
INSERT INTO public.names SELECT id, 'name ' || id FROM public.accounts;
INSERT INTO public.orders SELECT id, id FROM public.accounts;
INSERT INTO public.totals SELECT id, id FROM public.accounts;
INSERT INTO public.effects VALUES ('001');
