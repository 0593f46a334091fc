-- Takes borrowers who have a reminder to look at, and locks them until the end of the transaction:
-- no other worker sees them meanwhile, so caps and "one borrower, one text" hold with any number of
-- workers. The lock is the weakest that excludes itself and lets foreign-key checks through.
SELECT customer.id
FROM accounts_customer AS customer
WHERE
    customer.id IN (
        SELECT reminder.customer_id
        FROM reminders_reminder AS reminder
        WHERE
            reminder.state = 'planned'
            AND reminder.next_attempt_at <= %(now)s
            AND (%(only)s::bigint[] IS NULL OR reminder.customer_id = ANY(%(only)s::bigint[]))
        ORDER BY reminder.next_attempt_at
        LIMIT %(window)s
    )
LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED
