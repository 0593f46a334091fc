-- Takes borrowers who have a reminder to look at, and locks them until the end of the transaction:
-- no other worker sees them meanwhile, so caps and "one borrower, one text" hold with any number of
-- workers. The lock is the weakest that excludes itself and lets foreign-key checks through.
-- First what was asked for by hand, then what is due on the day, then the others, oldest first. Each
-- lane looks at no more than `window` reminders, however many wait; borrowers are then looked up in that
-- order (OFFSET 0), so only as many as are taken or held by others.
WITH first_of_each AS (
    (
        SELECT customer_id, lane, next_attempt_at
        FROM reminders_reminder
        WHERE
            state = 'planned' AND lane < 2 AND lane = 0 AND next_attempt_at <= %(now)s
            AND (%(only)s::bigint[] IS NULL OR customer_id = ANY(%(only)s::bigint[]))
        ORDER BY next_attempt_at
        LIMIT %(window)s
    )
    UNION ALL
    (
        SELECT customer_id, lane, next_attempt_at
        FROM reminders_reminder
        WHERE
            state = 'planned' AND lane < 2 AND lane = 1 AND next_attempt_at <= %(now)s
            AND (%(only)s::bigint[] IS NULL OR customer_id = ANY(%(only)s::bigint[]))
        ORDER BY next_attempt_at
        LIMIT %(window)s
    )
    UNION ALL
    (
        SELECT customer_id, lane, next_attempt_at
        FROM reminders_reminder
        WHERE
            state = 'planned' AND next_attempt_at <= %(now)s
            AND (%(only)s::bigint[] IS NULL OR customer_id = ANY(%(only)s::bigint[]))
        ORDER BY next_attempt_at
        LIMIT %(window)s
    )
), waiting AS (
    SELECT customer_id, min(lane) AS lane, min(next_attempt_at) AS since
    FROM first_of_each
    GROUP BY customer_id
    ORDER BY lane, since, customer_id
    OFFSET 0
)
SELECT customer.id
FROM waiting
JOIN accounts_customer AS customer ON customer.id = waiting.customer_id
ORDER BY waiting.lane, waiting.since, waiting.customer_id
LIMIT %(limit)s
FOR NO KEY UPDATE OF customer SKIP LOCKED
