-- How the payments of a book were taken, and the time of the latest.
SELECT count(*) FILTER (WHERE is_new) AS new,
       count(*) FILTER (WHERE differs AND NOT is_new) AS changed,
       count(*) AS taken
FROM book_payment
WHERE problem IS NULL
