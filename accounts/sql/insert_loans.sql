-- Adds the loans that were not known. Parameters: now.
INSERT INTO accounts_loan
    (id, loan_no, customer_id, product, principal, currency, opened_on, annual_rate,
     penalty_daily_rate, grace_days, status, credit, created_at, updated_at)
SELECT loan_id, loan_no, customer_id, product, principal, currency, opened_on, annual_rate,
       penalty_daily_rate, grace_days, status, 0, %(now)s, %(now)s
FROM book_loan
WHERE is_new AND problem IS NULL
