-- Borrowers who have a loan: about so many in a hundred, drawn one by one, the same ones while the book
-- stays the same. Parameter: percent.
SELECT customer.id
FROM accounts_customer AS customer TABLESAMPLE BERNOULLI (%(percent)s) REPEATABLE (7)
WHERE EXISTS (SELECT FROM accounts_loan AS loan WHERE loan.customer_id = customer.id)
ORDER BY customer.id
