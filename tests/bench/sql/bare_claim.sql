-- Borrowers with something due, locked for this process alone.
SELECT customer.id
FROM accounts_customer AS customer
WHERE
    customer.id IN (
        SELECT reminder.customer_id
        FROM reminders_reminder AS reminder
        WHERE reminder.state = 'planned' AND reminder.next_attempt_at <= %(now)s
        ORDER BY reminder.next_attempt_at
        LIMIT 10 * %(limit)s
    )
LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED
