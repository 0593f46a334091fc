-- Locks, in order of id, the loans whose known instalments a book changes. A payment that is being
-- recorded locks its loan before its instalments: without this the two could block each other, and
-- PostgreSQL would end one of them.
SELECT count(*)
FROM (
    SELECT id
    FROM accounts_loan
    WHERE id IN (
        SELECT loan_id
        FROM book_instalment
        WHERE differs AND NOT is_new AND problem IS NULL
    )
    ORDER BY id
    FOR NO KEY UPDATE
) AS locked
