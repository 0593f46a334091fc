-- Cancels what is planned but no published step speaks for at that time any more: the step is gone or
-- the policy inactive, a new version speaks later than the horizon, or the due date moved beyond
-- it. What `plan_due` could re-time it has by now. What waits in a message after a busy gateway is
-- decided by the claim instead. Parameters: the step versions in force, loan_ids (only these loans, or
-- NULL for all), and limit, the most that one transaction cancels.
UPDATE reminders_reminder AS reminder
SET
    state = 'cancelled',
    reason = CASE
        WHEN withdrawn.settled_at IS NOT NULL THEN 'paid'
        WHEN (SELECT status FROM accounts_loan WHERE id = withdrawn.loan_id) <> 'active'
            THEN 'loan_closed'
        WHEN reminder.step_version_id = ANY(%(step_version_ids)s::bigint[]) THEN 'due_date_moved'
        ELSE 'step_withdrawn'
    END,
    decided_at = %(now)s
FROM (
    SELECT waiting.id, instalment.settled_at, instalment.loan_id
    FROM reminders_reminder AS waiting
    JOIN accounts_instalment AS instalment ON instalment.id = waiting.instalment_id
    WHERE
        waiting.state = 'planned'
        AND waiting.message_id IS NULL
        AND waiting.step_id IS NOT NULL
        AND (
            waiting.step_version_id <> ALL(%(step_version_ids)s::bigint[])
            OR instalment.due_date <> waiting.due_date
        )
        AND (
            %(loan_ids)s::bigint[] IS NULL
            OR instalment.loan_id = ANY(%(loan_ids)s::bigint[])
        )
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF waiting
) AS withdrawn
WHERE reminder.id = withdrawn.id
