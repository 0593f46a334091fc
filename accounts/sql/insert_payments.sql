-- Adds the payments that were not known. Parameters: now.
INSERT INTO accounts_payment (payment_no, loan_id, paid_at, amount, recorded_at)
SELECT payment_no, loan_id, paid_at, amount, %(now)s
FROM book_payment
WHERE is_new AND problem IS NULL
