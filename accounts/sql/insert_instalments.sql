-- Adds the instalments that were not known, unpaid until allocation says otherwise.
INSERT INTO accounts_instalment
    (loan_id, seq, due_date, amount_due, principal, interest, fee, paid)
SELECT loan_id, seq, due_date, amount_due, principal, interest, fee, 0
FROM book_instalment
WHERE is_new AND problem IS NULL
