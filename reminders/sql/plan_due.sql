-- Stores a slice of what was collected: the blocks from first to before last of the table. A reminder
-- that is only planned is re-timed when its slot moved; one that was cancelled comes back; what was
-- decided stays as it is (P1, P10). Rows that stay as they are were not collected: ON CONFLICT would
-- lock every one of them until the slice ends, and keep claims from them. What changed since it was
-- collected is left to the next tick, which was told of it.
-- LATERAL with OFFSET 0 looks each instalment up by its number; joined plainly PostgreSQL walked through
-- all of the book for every slice.
-- Parameters: first and last, and on_the_day, the step versions that speak on the due date, which go
-- before the others. Returns how many rows were new and how many were re-timed.
WITH stored AS (
    INSERT INTO reminders_reminder AS reminder (
        customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
        next_attempt_at, lane, state, reason, planned_at
    )
    SELECT
        wanted.customer_id, wanted.instalment_id, wanted.step_id, wanted.step_version_id,
        wanted.due_date, wanted.send_at, wanted.expires_at,
        wanted.send_at,
        CASE WHEN wanted.step_version_id = ANY(%(on_the_day)s::bigint[]) THEN 1 ELSE 2 END,
        'planned', '', %(now)s
    FROM reminder_to_plan AS wanted
    CROSS JOIN LATERAL (
        SELECT due_date, settled_at FROM accounts_instalment WHERE id = wanted.instalment_id OFFSET 0
    ) AS instalment
    WHERE
        instalment.due_date = wanted.due_date
        AND instalment.settled_at IS NULL
        AND wanted.ctid >= %(first)s::tid
        AND wanted.ctid < %(last)s::tid
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
        lane = excluded.lane,
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
