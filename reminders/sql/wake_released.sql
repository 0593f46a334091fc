-- Reminders that wait for the end of a hold which was released early: nothing holds them any more, so
-- they are looked at now. What a claim has locked is left to the next tick.
UPDATE reminders_reminder AS reminder
SET next_attempt_at = greatest(reminder.send_at, %(now)s)
FROM (
    SELECT waiting.id
    FROM reminders_reminder AS waiting
    JOIN accounts_instalment AS instalment ON instalment.id = waiting.instalment_id
    WHERE
        waiting.state = 'planned'
        AND waiting.reason = 'on_hold'
        AND waiting.next_attempt_at > greatest(waiting.send_at, %(now)s)
        AND NOT EXISTS (
            SELECT 1
            FROM accounts_hold AS hold
            WHERE
                hold.customer_id = waiting.customer_id
                AND (hold.loan_id IS NULL OR hold.loan_id = instalment.loan_id)
                AND hold.released_at IS NULL
                AND hold.from_at <= %(now)s
                AND (hold.until_at IS NULL OR hold.until_at > %(now)s)
        )
    FOR NO KEY UPDATE OF waiting SKIP LOCKED
) AS released
WHERE reminder.id = released.id
