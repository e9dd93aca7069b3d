-- Money is counted in the smallest unit of its currency, in whole numbers: no rounding, ever.

CREATE TYPE invoice_status AS ENUM ('draft', 'sent', 'paid', 'void');

CREATE TABLE invoices (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES customers (id),
    -- NULL where the invoice is for no project in particular.
    project_id  uuid REFERENCES projects (id),
    number      varchar(30) NOT NULL UNIQUE,
    status      invoice_status NOT NULL DEFAULT 'draft',
    currency    char(3) NOT NULL DEFAULT 'EUR',
    issued_on   date NOT NULL DEFAULT current_date,
    due_on      date NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT invoices_currency_is_iso_4217 CHECK (currency ~ '^[A-Z]{3}$'),
    CONSTRAINT invoices_due_is_not_before_issue CHECK (due_on >= issued_on)
);

CREATE INDEX invoices_customer_id_idx ON invoices (customer_id);
CREATE INDEX invoices_project_id_idx ON invoices (project_id) WHERE project_id IS NOT NULL;
-- The reminder job asks every night for what is due. Most invoices are paid, so most rows never
-- enter this index.
CREATE INDEX invoices_unpaid_due_on_idx ON invoices (due_on) WHERE status = 'sent';

CREATE TRIGGER invoices_touch_updated_at
    BEFORE UPDATE ON invoices
    FOR EACH ROW EXECUTE FUNCTION public.touch_updated_at();

CREATE TABLE invoice_lines (
    invoice_id  uuid NOT NULL REFERENCES invoices (id) ON DELETE CASCADE,
    position    smallint NOT NULL,
    description varchar(500) NOT NULL,
    quantity    integer NOT NULL DEFAULT 1,
    unit_price  bigint NOT NULL,
    PRIMARY KEY (invoice_id, position),
    CONSTRAINT invoice_lines_position_is_positive CHECK (position > 0),
    CONSTRAINT invoice_lines_quantity_is_not_zero CHECK (quantity <> 0)
);
