-- How the instalments of a book were taken.
SELECT count(*) FILTER (WHERE is_new) AS new,
       count(*) FILTER (WHERE differs AND NOT is_new) AS changed,
       count(*) AS taken
FROM book_instalment
WHERE problem IS NULL
