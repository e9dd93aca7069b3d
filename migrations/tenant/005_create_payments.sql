-- What came in. A customer may pay one invoice in parts.

CREATE TABLE payments (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    invoice_id  uuid NOT NULL REFERENCES invoices (id),
    amount      bigint NOT NULL,
    received_on date NOT NULL DEFAULT current_date,
    -- The bank's reference; the same transfer must not be booked twice.
    reference   varchar(140) NOT NULL UNIQUE,
    booked_by   uuid REFERENCES public.users (id) ON DELETE SET NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    -- Negative: money that was sent back.
    CONSTRAINT payments_amount_is_not_zero CHECK (amount <> 0)
);

CREATE INDEX payments_invoice_id_idx ON payments (invoice_id);
CREATE INDEX payments_booked_by_idx ON payments (booked_by);
