-- Active loans that are overdue, each with its days past due and what is overdue.
SELECT
    instalment.loan_id,
    width_bucket(%(today)s::date - min(instalment.due_date) - 1, %(edges)s::int[]) AS bucket,
    %(today)s::date - min(instalment.due_date) AS dpd,
    sum(instalment.amount_due - instalment.paid) AS overdue
FROM accounts_instalment AS instalment
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
WHERE
    instalment.settled_at IS NULL
    AND instalment.due_date < %(today)s
    AND loan.status = 'active'
GROUP BY instalment.loan_id
