-- How the loans of a book were taken.
SELECT count(*) FILTER (WHERE is_new) AS new,
       count(*) FILTER (WHERE differs AND NOT is_new) AS changed,
       count(*) AS taken
FROM book_loan
WHERE problem IS NULL
