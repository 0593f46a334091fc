-- How many rows high_risk_due.sql has on the days from first_day to last_day, counted no further than `most`:
-- twice as many instalments are looked at, for a borrower may owe several on a day.
-- Parameters: first_day, last_day, most.
SELECT least(count(*), %(most)s)
FROM (
    SELECT DISTINCT found.customer_id, found.due_date
    FROM (
        SELECT loan.customer_id, instalment.due_date
        FROM accounts_instalment AS instalment
        JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
        JOIN accounts_riskassessment AS risk ON risk.customer_id = loan.customer_id
        WHERE
            instalment.settled_at IS NULL
            AND instalment.due_date BETWEEN %(first_day)s AND %(last_day)s
            AND loan.status = 'active'
            AND risk.tier = 'high'
        LIMIT 2 * %(most)s
    ) AS found
) AS rows_of_the_list
