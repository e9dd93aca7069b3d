-- The firms that a tenant works for.

CREATE TABLE customers (
    id                 uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name               varchar(255) NOT NULL,
    email              varchar(255),
    phone              varchar(50),
    -- A user of the tenant; users are in public, because they log in before their tenant is known.
    account_manager_id uuid REFERENCES public.users (id) ON DELETE SET NULL,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customers_name_is_not_blank CHECK (btrim(name) <> '')
);

CREATE INDEX customers_account_manager_id_idx ON customers (account_manager_id);

CREATE TRIGGER customers_touch_updated_at
    BEFORE UPDATE ON customers
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();
