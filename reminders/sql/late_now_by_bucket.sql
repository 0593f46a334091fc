-- Active loans that are overdue today and what is overdue of them, by bucket and currency.
-- What stands in braces is late_now.sql, with its parameters: today, edges.
SELECT late.bucket, loan.currency, count(*), sum(late.overdue)
FROM ({late_now}) AS late
JOIN accounts_loan AS loan ON loan.id = late.loan_id
GROUP BY late.bucket, loan.currency
