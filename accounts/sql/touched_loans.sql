-- Loans whose instalments or payments a book changed, and their customers. Where a loan has no
-- payment there is nothing to allocate, which spares most of a first import.
DROP TABLE IF EXISTS book_touched;
CREATE TEMPORARY TABLE book_touched AS
SELECT l.id AS loan_id, l.customer_id,
       EXISTS (SELECT FROM accounts_payment p WHERE p.loan_id = l.id)
       OR EXISTS (SELECT FROM accounts_instalment i WHERE i.loan_id = l.id AND i.paid > 0)
           AS is_to_be_allocated
FROM (
    SELECT loan_id FROM book_instalment WHERE differs AND problem IS NULL
    UNION
    SELECT loan_id FROM book_payment WHERE differs AND problem IS NULL
    UNION
    SELECT loan_id_before FROM book_payment WHERE differs AND problem IS NULL
) changed
JOIN accounts_loan l ON l.id = changed.loan_id
