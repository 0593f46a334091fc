-- Stores what `due_now_or_soon` finds. A reminder that is only planned is re-timed when its slot
-- moved; one that was cancelled comes back; what was decided stays as it is (P1, P10).
-- Rows that stay as they are do not get as far as ON CONFLICT, which would lock every one of them until
-- planning ends, and keep claims from them. What changes in between is judged again there.
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
    WHERE NOT EXISTS (
        SELECT 1
        FROM reminders_reminder AS known
        WHERE
            known.instalment_id = candidate.instalment_id
            AND known.step_id = candidate.step_id
            AND known.state <> 'cancelled'
            AND (
                known.state <> 'planned'
                OR (known.send_at, known.expires_at, known.due_date, known.step_version_id)
                IS NOT DISTINCT FROM (
                    candidate.send_at,
                    candidate.expires_at,
                    candidate.due_date,
                    candidate.step_version_id
                )
            )
    )
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
        planned_at = excluded.planned_at,
        message_id = CASE WHEN reminder.state = 'planned' THEN reminder.message_id END
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
