-- What planning would find or already has planned, without storing it: the same join as `plan_due`,
-- less what was decided. A planned reminder whose slot did not move keeps the time at which it
-- is next looked at.
WITH candidate AS (
    {due_now_or_soon}
)
SELECT
    candidate.customer_id,
    candidate.instalment_id,
    candidate.step_version_id,
    candidate.due_date,
    candidate.send_at,
    candidate.expires_at,
    CASE
        WHEN reminder.state = 'planned' AND reminder.send_at = candidate.send_at
            THEN reminder.next_attempt_at
        ELSE candidate.send_at
    END AS next_attempt_at
FROM candidate
LEFT JOIN reminders_reminder AS reminder
    ON reminder.instalment_id = candidate.instalment_id AND reminder.step_id = candidate.step_id
WHERE reminder.id IS NULL OR reminder.state IN ('planned', 'cancelled')
ORDER BY candidate.instalment_id, candidate.step_id
