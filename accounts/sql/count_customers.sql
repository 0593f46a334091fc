-- How the customers of a book were taken.
SELECT count(*) FILTER (WHERE b.is_new) AS new,
       count(*) FILTER (
           WHERE NOT b.is_new
           AND (b.differs OR b.phone_differs OR b.email_differs OR s.customer_id IS NOT NULL)
       ) AS changed,
       count(*) AS taken
FROM book_customer b
LEFT JOIN book_consent s USING (customer_id)
WHERE b.problem IS NULL
