-- Promises to pay whose time ends within the window and that the payments have not kept, the latest end first,
-- each with what has come in since it was given (Note [Paid since it was given]). One without an amount is kept
-- by any payment. A later hold on the same loans stands in the place of an earlier promise, and where nothing is
-- open any more there is nothing to ask for. Parameters: since, until, at, below, most.
SELECT hold.id, paid.amount
FROM accounts_hold AS hold
CROSS JOIN LATERAL (
    SELECT coalesce(sum(payment.amount), 0) AS amount
    FROM accounts_loan AS loan
    JOIN accounts_payment AS payment ON payment.loan_id = loan.id
    WHERE
        loan.customer_id = hold.customer_id
        AND (hold.loan_id IS NULL OR hold.loan_id = loan.id)
        AND payment.paid_at >= least(hold.from_at, hold.placed_at)
) AS paid
WHERE
    hold.kind = 'promise_to_pay'
    AND hold.released_at IS NULL
    AND hold.until_at > %(since)s
    AND hold.until_at <= %(until)s
    AND (hold.until_at, hold.id) < (%(at)s, %(below)s)
    AND paid.amount < coalesce(hold.amount, 0.01)
    AND NOT EXISTS (
        SELECT 1
        FROM accounts_hold AS later
        WHERE
            later.customer_id = hold.customer_id
            AND (later.placed_at, later.id) > (hold.placed_at, hold.id)
            AND later.released_at IS NULL
            AND (later.loan_id IS NULL OR later.loan_id = hold.loan_id)
    )
    AND EXISTS (
        SELECT 1
        FROM accounts_loan AS loan
        JOIN accounts_instalment AS instalment ON instalment.loan_id = loan.id
        WHERE
            loan.customer_id = hold.customer_id
            AND (hold.loan_id IS NULL OR hold.loan_id = loan.id)
            AND loan.status = 'active'
            AND instalment.settled_at IS NULL
    )
ORDER BY hold.until_at DESC, hold.id DESC
LIMIT %(most)s
