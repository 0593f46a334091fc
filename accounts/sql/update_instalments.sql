-- Takes over what differs in instalments that were known. What was paid on a changed amount is
-- set back to nothing and allocated anew in the same transaction.
-- Parameters: has_principal, has_interest, has_fee (booleans).
UPDATE accounts_instalment i
SET due_date = b.due_date,
    amount_due = b.amount_due,
    principal = CASE WHEN %(has_principal)s THEN b.principal ELSE i.principal END,
    interest = CASE WHEN %(has_interest)s THEN b.interest ELSE i.interest END,
    fee = CASE WHEN %(has_fee)s THEN b.fee ELSE i.fee END,
    paid = CASE WHEN i.amount_due = b.amount_due THEN i.paid ELSE 0 END,
    settled_at = CASE WHEN i.amount_due = b.amount_due THEN i.settled_at END
FROM book_instalment b
WHERE i.id = b.instalment_id AND b.differs AND b.problem IS NULL
