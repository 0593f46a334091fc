-- Open instalments of a day that borrowers at high risk owe, the largest first: its number, whose it is, and how
-- much is open. Reads no more than it gives, by the index that has a day's instalments in this order.
-- Parameters: day, largest, below, most.
SELECT instalment.id, loan.customer_id, instalment.amount_due - instalment.paid AS amount
FROM accounts_instalment AS instalment
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
JOIN accounts_riskassessment AS risk ON risk.customer_id = loan.customer_id
WHERE
    instalment.settled_at IS NULL
    AND instalment.due_date = %(day)s
    AND (instalment.amount_due - instalment.paid, instalment.id) < (%(largest)s, %(below)s)
    AND loan.status = 'active'
    AND risk.tier = 'high'
ORDER BY instalment.amount_due - instalment.paid DESC, instalment.id DESC
LIMIT %(most)s
