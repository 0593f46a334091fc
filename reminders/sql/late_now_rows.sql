-- A page of the loans in a bucket today, in order of id, with their days past due.
-- What stands in braces is late_now.sql, with its parameters: today, edges. Further: bucket, after, limit.
SELECT late.loan_id, late.dpd
FROM ({late_now}) AS late
WHERE late.bucket = %(bucket)s AND late.loan_id > %(after)s
ORDER BY late.loan_id
LIMIT %(limit)s
