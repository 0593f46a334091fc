-- Every time zone that a customer has, once. One look into the index for each zone, whatever the
-- size of the book; DISTINCT would read all of it.
WITH RECURSIVE zone (name) AS (
    (SELECT timezone FROM accounts_customer ORDER BY timezone LIMIT 1)
    UNION ALL
    SELECT (
        SELECT customer.timezone
        FROM accounts_customer AS customer
        WHERE customer.timezone > zone.name
        ORDER BY customer.timezone
        LIMIT 1
    )
    FROM zone
    WHERE zone.name IS NOT NULL
)
SELECT name FROM zone WHERE name IS NOT NULL
