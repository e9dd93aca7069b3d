DROP TRIGGER invoices_protect_closed ON invoices;
DROP FUNCTION protect_closed_invoice();
