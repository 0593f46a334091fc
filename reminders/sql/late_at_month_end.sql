-- Stores the loans that were overdue at the end of a day (before the instant `ends`) and returns how many
-- were still to be repaid. What was paid later counts as unpaid then. Closed loans are left out: what is
-- open on them is not collected any more.
WITH standing AS MATERIALIZED (
    SELECT
        instalment.loan_id,
        %(day)s::date - min(instalment.due_date) FILTER (WHERE instalment.due_date < %(day)s) AS dpd
    FROM accounts_instalment AS instalment
    JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
    WHERE
        (instalment.settled_at IS NULL OR instalment.settled_at >= %(ends)s)
        AND loan.opened_on <= %(day)s
        AND loan.status <> 'closed'
    GROUP BY instalment.loan_id
), stored AS (
    INSERT INTO reminders_lateloan (month_end_id, loan_id, bucket, days_past_due)
    SELECT %(month_end)s, loan_id, width_bucket(dpd - 1, %(edges)s::int[]), dpd
    FROM standing
    WHERE dpd IS NOT NULL
)
SELECT count(*) FROM standing
