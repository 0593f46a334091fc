-- Collects what `due_now_or_soon` finds and is not planned like that already, in a table of this session:
-- `plan_due` stores it, slice by slice. What was decided stays as it is (P1, P10).
-- In the order of the instalments, so that each slice writes to neighbours in every index: without it
-- storing a million and a half costs half as much again.
CREATE TEMPORARY TABLE reminder_to_plan AS
WITH candidate AS (
    {due_now_or_soon}
)
SELECT
    customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at
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
ORDER BY candidate.instalment_id
