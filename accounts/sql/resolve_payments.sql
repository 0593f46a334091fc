-- Finds for each staged payment its loan, the row it stands for, what differs and what is wrong.
-- A known payment may be corrected, also to another loan: then both loans are allocated anew.
-- Parameters: demonstration (boolean).
DROP TABLE IF EXISTS book_payment;
CREATE TEMPORARY TABLE book_payment ON COMMIT DROP AS
WITH doubled AS (
    SELECT payment_no, min(line) AS first_line
    FROM stage_payment
    GROUP BY payment_no
    HAVING count(*) > 1
),
other AS MATERIALIZED (
    SELECT id FROM accounts_customer WHERE is_demonstration <> %(demonstration)s
)
SELECT s.*, l.id AS loan_id, p.id AS payment_id, p.loan_id AS loan_id_before,
       p.id IS NULL AS is_new,
       (p.loan_id, p.paid_at, p.amount) IS DISTINCT FROM (l.id, s.paid_at, s.amount) AS differs,
       CASE WHEN d.first_line < s.line THEN 'payment_no' ELSE 'loan_no' END AS problem_column,
       CASE WHEN d.first_line < s.line
            THEN format('stands in line %%s of this file already', d.first_line)
            WHEN l.id IS NULL
            THEN format(
                'loan %%s is not known; it is in no book yet or its own row was rejected', s.loan_no
            )
            WHEN (other.id IS NOT NULL OR other_before.id IS NOT NULL) AND %(demonstration)s
            THEN 'is a payment of a real loan, which a demonstration book cannot change'
            WHEN other.id IS NOT NULL OR other_before.id IS NOT NULL
            THEN 'is a payment of a demonstration book, which a real book cannot change'
       END AS problem
FROM stage_payment s
LEFT JOIN doubled d USING (payment_no)
LEFT JOIN accounts_loan l USING (loan_no)
LEFT JOIN accounts_payment p USING (payment_no)
LEFT JOIN accounts_loan before ON before.id = p.loan_id
LEFT JOIN other ON other.id = l.customer_id
LEFT JOIN other other_before ON other_before.id = before.customer_id
