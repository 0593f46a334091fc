-- Locks, in order of id, the loans whose payments a book adds or changes: payments that are being
-- recorded for them are committed then, and the next ones wait.
SELECT count(*)
FROM (
    SELECT id
    FROM accounts_loan
    WHERE id IN (
        SELECT loan_id FROM book_payment WHERE differs AND problem IS NULL
        UNION
        SELECT loan_id_before FROM book_payment WHERE differs AND problem IS NULL
    )
    ORDER BY id
    FOR NO KEY UPDATE
) AS locked
