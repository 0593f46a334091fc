-- Finds for each staged instalment its loan, the row it stands for, what differs and what is
-- wrong. Parameters: demonstration and has_principal, has_interest, has_fee (booleans).
DROP TABLE IF EXISTS book_instalment;
CREATE TEMPORARY TABLE book_instalment ON COMMIT DROP AS
WITH doubled AS (
    SELECT loan_no, seq, min(line) AS first_line
    FROM stage_instalment
    GROUP BY loan_no, seq
    HAVING count(*) > 1
)
SELECT s.*, l.id AS loan_id, i.id AS instalment_id,
       i.id IS NULL AS is_new,
       (i.due_date, i.amount_due) IS DISTINCT FROM (s.due_date, s.amount_due)
           OR (%(has_principal)s AND i.principal IS DISTINCT FROM s.principal)
           OR (%(has_interest)s AND i.interest IS DISTINCT FROM s.interest)
           OR (%(has_fee)s AND i.fee IS DISTINCT FROM s.fee) AS differs,
       CASE WHEN d.first_line < s.line THEN 'seq' ELSE 'loan_no' END AS problem_column,
       CASE WHEN d.first_line < s.line
            THEN format('stands in line %%s of this file already', d.first_line)
            WHEN l.id IS NULL
            THEN format(
                'loan %%s is not known; it is in no book yet or its own row was rejected', s.loan_no
            )
            WHEN other.id IS NOT NULL AND %(demonstration)s
            THEN 'is a real loan, which a demonstration book cannot change'
            WHEN other.id IS NOT NULL
            THEN 'is a loan of a demonstration book, which a real book cannot change'
       END AS problem
FROM stage_instalment s
LEFT JOIN doubled d USING (loan_no, seq)
LEFT JOIN accounts_loan l USING (loan_no)
LEFT JOIN accounts_instalment i ON i.loan_id = l.id AND i.seq = s.seq
LEFT JOIN (
    SELECT id FROM accounts_customer WHERE is_demonstration <> %(demonstration)s
) other ON other.id = l.customer_id
