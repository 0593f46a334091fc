-- How many borrowers have a loan.
SELECT count(*)
FROM accounts_customer AS customer
WHERE EXISTS (SELECT FROM accounts_loan AS loan WHERE loan.customer_id = customer.id)
