-- Corrects payments that were known.
UPDATE accounts_payment p
SET loan_id = b.loan_id, paid_at = b.paid_at, amount = b.amount
FROM book_payment b
WHERE p.id = b.payment_id AND b.differs AND b.problem IS NULL
