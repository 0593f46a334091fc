-- Borrowers at high risk to whom something is due on one day, those with the largest open instalment first.
-- Parameters: day, largest, below, most.
SELECT loan.customer_id, max(instalment.amount_due - instalment.paid) AS largest
FROM accounts_instalment AS instalment
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
JOIN accounts_riskassessment AS risk ON risk.customer_id = loan.customer_id
WHERE
    instalment.settled_at IS NULL
    AND instalment.due_date = %(day)s
    AND loan.status = 'active'
    AND risk.tier = 'high'
GROUP BY loan.customer_id
HAVING (max(instalment.amount_due - instalment.paid), loan.customer_id) < (%(largest)s, %(below)s)
ORDER BY largest DESC, loan.customer_id DESC
LIMIT %(most)s
