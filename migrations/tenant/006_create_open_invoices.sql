-- What is still owed, as the dashboard and the reminder job both need it.

CREATE VIEW open_invoices AS
SELECT
    invoices.id,
    invoices.number,
    invoices.currency,
    invoices.due_on,
    customers.name AS customer,
    total.amount AS total,
    paid.amount AS paid,
    total.amount - paid.amount AS owed
FROM invoices
JOIN customers ON customers.id = invoices.customer_id
-- Two sums side by side, each in its own subquery: joined in one, lines and payments would
-- multiply each other.
CROSS JOIN LATERAL (
    SELECT coalesce(sum(quantity * unit_price), 0) AS amount
    FROM invoice_lines
    WHERE invoice_lines.invoice_id = invoices.id
) AS total
CROSS JOIN LATERAL (
    SELECT coalesce(sum(payments.amount), 0) AS amount
    FROM payments
    WHERE payments.invoice_id = invoices.id
) AS paid
WHERE invoices.status = 'sent';
