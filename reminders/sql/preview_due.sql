-- What planning would find or already has planned, without storing it: the same join as `plan_due`,
-- less what was decided. A planned reminder whose slot did not move keeps the time at which it
-- is next looked at. Planned reminders of what was paid or closed meanwhile are candidates as well: the
-- run will look at them and say so. Parameters: those of `due_now_or_soon`.
WITH candidate AS (
    {due_now_or_soon}
), found AS (
    SELECT
        candidate.customer_id,
        candidate.instalment_id,
        candidate.step_id,
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
    UNION ALL
    SELECT
        reminder.customer_id,
        reminder.instalment_id,
        reminder.step_id,
        reminder.step_version_id,
        reminder.due_date,
        reminder.send_at,
        reminder.expires_at,
        reminder.next_attempt_at
    FROM reminders_reminder AS reminder
    JOIN accounts_instalment AS instalment ON instalment.id = reminder.instalment_id
    WHERE
        reminder.state = 'planned'
        AND reminder.step_version_id = ANY(%(step_version_ids)s::bigint[])
        AND reminder.due_date = instalment.due_date
        AND (
            %(loan_ids)s::bigint[] IS NULL OR instalment.loan_id = ANY(%(loan_ids)s::bigint[])
        )
        AND NOT EXISTS (
            SELECT 1
            FROM candidate
            WHERE
                candidate.instalment_id = reminder.instalment_id
                AND candidate.step_id = reminder.step_id
        )
)
SELECT
    customer_id, instalment_id, step_version_id, due_date, send_at, expires_at, next_attempt_at
FROM found
ORDER BY instalment_id, step_id
