-- Payments of the book that were recorded by another way since they were compared are not new.
UPDATE book_payment AS b
SET payment_id = p.id,
    loan_id_before = p.loan_id,
    is_new = false,
    differs = (p.loan_id, p.paid_at, p.amount) IS DISTINCT FROM (b.loan_id, b.paid_at, b.amount)
FROM accounts_payment AS p
WHERE p.payment_no = b.payment_no AND b.is_new AND b.problem IS NULL
