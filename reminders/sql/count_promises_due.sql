-- How many promises are due, up to `most`. What stands in braces is promises_due.sql.
SELECT count(*) FROM ({promises_due}) AS listed
