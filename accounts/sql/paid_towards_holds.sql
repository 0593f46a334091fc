-- What has come in towards each arrangement: payments on the loans that it covers, made since it was given
-- or since it began, whichever is earlier. Parameters: hold_ids.
SELECT hold.id, sum(payment.amount)
FROM accounts_hold AS hold
JOIN accounts_loan AS loan
    ON loan.customer_id = hold.customer_id AND (hold.loan_id IS NULL OR hold.loan_id = loan.id)
JOIN accounts_payment AS payment
    ON payment.loan_id = loan.id AND payment.paid_at >= least(hold.from_at, hold.placed_at)
WHERE hold.id = ANY(%(hold_ids)s)
GROUP BY hold.id
