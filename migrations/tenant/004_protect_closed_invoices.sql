-- An invoice that was paid or voided is a record for the tax office. The application must not
-- change it, so the database does not let it.

CREATE FUNCTION protect_closed_invoice() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'invoice % is %, it can no longer be changed', OLD.number, OLD.status
        USING ERRCODE = 'integrity_constraint_violation',
              HINT = 'Write a new invoice that corrects it.';
END
$$;

CREATE TRIGGER invoices_protect_closed
    BEFORE UPDATE OR DELETE ON invoices
    FOR EACH ROW WHEN (OLD.status IN ('paid', 'void'))
    EXECUTE FUNCTION protect_closed_invoice();
