-- Stores what `due_now_or_soon` finds. A reminder that is only planned is re-timed when its slot
-- moved; one that was cancelled comes back; what was decided stays as it is (P1, P10).
-- Returns how many rows were new and how many were re-timed.
WITH candidate AS (
    {due_now_or_soon}
), stored AS (
    INSERT INTO reminders_reminder AS reminder (
        customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
        next_attempt_at, state, reason, planned_at
    )
    SELECT
        customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
        send_at, 'planned', '', %(now)s
    FROM candidate
    ON CONFLICT (instalment_id, step_id) DO UPDATE SET
        step_version_id = excluded.step_version_id,
        due_date = excluded.due_date,
        send_at = excluded.send_at,
        expires_at = excluded.expires_at,
        next_attempt_at = CASE
            WHEN reminder.state = 'planned' AND reminder.send_at = excluded.send_at
                THEN reminder.next_attempt_at
            ELSE excluded.send_at
        END,
        state = 'planned',
        reason = '',
        detail = NULL,
        decided_at = NULL,
        planned_at = excluded.planned_at
    WHERE
        reminder.state = 'cancelled'
        OR (
            reminder.state = 'planned'
            AND (reminder.send_at, reminder.expires_at, reminder.due_date, reminder.step_version_id)
            IS DISTINCT FROM
            (excluded.send_at, excluded.expires_at, excluded.due_date, excluded.step_version_id)
        )
    RETURNING (xmax = 0) AS is_new
)
SELECT count(*) FILTER (WHERE is_new) AS new, count(*) FILTER (WHERE NOT is_new) AS retimed
FROM stored
