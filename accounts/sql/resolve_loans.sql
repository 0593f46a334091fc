-- Finds for each staged loan its customer, the row it stands for, what differs and what is wrong.
-- A loan never changes hands: a wrong number in a file would tell one borrower of another's debt.
-- Parameters: demonstration and has_annual_rate, has_penalty_daily_rate, has_grace_days,
-- has_status (booleans).
DROP TABLE IF EXISTS book_loan;
CREATE TEMPORARY TABLE book_loan ON COMMIT DROP AS
WITH doubled AS (
    SELECT loan_no, min(line) AS first_line
    FROM stage_loan
    GROUP BY loan_no
    HAVING count(*) > 1
)
SELECT s.*, c.id AS customer_id,
       coalesce(l.id, nextval((SELECT pg_get_serial_sequence('accounts_loan', 'id')::regclass)))
           AS loan_id,
       l.id IS NULL AS is_new,
       (l.product, l.principal, l.currency, l.opened_on)
           IS DISTINCT FROM (s.product, s.principal, s.currency, s.opened_on)
           OR (%(has_annual_rate)s AND l.annual_rate IS DISTINCT FROM s.annual_rate)
           OR (%(has_penalty_daily_rate)s
               AND l.penalty_daily_rate IS DISTINCT FROM s.penalty_daily_rate)
           OR (%(has_grace_days)s AND l.grace_days IS DISTINCT FROM s.grace_days)
           OR (%(has_status)s AND l.status IS DISTINCT FROM s.status) AS differs,
       CASE WHEN d.first_line < s.line THEN 'loan_no' ELSE 'customer_no' END AS problem_column,
       CASE WHEN d.first_line < s.line
            THEN format('stands in line %%s of this file already', d.first_line)
            WHEN c.id IS NULL
            THEN format(
                'customer %%s is not known; it is in no book yet or its own row was rejected',
                s.customer_no
            )
            WHEN l.customer_id <> c.id
            THEN format('loan %%s belongs to another customer', s.loan_no)
            WHEN c.is_demonstration AND NOT %(demonstration)s
            THEN 'is a borrower of a demonstration book, which a real book cannot change'
            WHEN NOT c.is_demonstration AND %(demonstration)s
            THEN 'is a real borrower, whom a demonstration book cannot change'
       END AS problem
FROM stage_loan s
LEFT JOIN doubled d USING (loan_no)
LEFT JOIN accounts_customer c USING (customer_no)
LEFT JOIN accounts_loan l USING (loan_no)
