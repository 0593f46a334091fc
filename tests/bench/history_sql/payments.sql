-- Payments of the instalments that were settled lately, one for each, and what they paid.
WITH payment AS (
    INSERT INTO accounts_payment (id, payment_no, loan_id, paid_at, amount, recorded_at)
    SELECT id, 'P' || id, loan_id, settled_at, paid, settled_at
    FROM accounts_instalment
    WHERE due_date > %(since)s AND settled_at IS NOT NULL
    RETURNING id, amount
)
INSERT INTO accounts_allocation (payment_id, instalment_id, amount)
SELECT id, id, amount FROM payment
