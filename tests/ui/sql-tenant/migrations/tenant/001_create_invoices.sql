CREATE TABLE invoices (
    id uuid PRIMARY KEY,
    user_id uuid REFERENCES public.users (id)
);
