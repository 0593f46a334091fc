-- Loans that were late at one of two ends of months or at both, by bucket before and after; -1 is current.
-- Loans that were opened between them are left out.
SELECT coalesce(before.bucket, -1), coalesce(after.bucket, -1), count(*)
FROM (
    SELECT loan_id, bucket FROM reminders_lateloan WHERE month_end_id = %(before)s
) AS before
FULL JOIN (
    SELECT late.loan_id, late.bucket
    FROM reminders_lateloan AS late
    JOIN accounts_loan AS loan ON loan.id = late.loan_id
    WHERE late.month_end_id = %(after)s AND loan.opened_on <= %(day)s
) AS after ON after.loan_id = before.loan_id
GROUP BY 1, 2
