-- Cancels what is planned but no published step speaks for at that time any more: the step is gone or
-- the policy inactive, a new version speaks later than the horizon, or the due date moved beyond
-- it. What `plan_due` could re-time it has by now. What waits in a message after a busy gateway is
-- decided by the claim instead. Parameter: the step versions in force.
UPDATE reminders_reminder AS reminder
SET
    state = 'cancelled',
    reason = CASE
        WHEN instalment.settled_at IS NOT NULL THEN 'paid'
        WHEN loan.status <> 'active' THEN 'loan_closed'
        WHEN reminder.step_version_id = ANY(%(step_version_ids)s::bigint[]) THEN 'due_date_moved'
        ELSE 'step_withdrawn'
    END,
    decided_at = %(now)s
FROM accounts_instalment AS instalment
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
WHERE
    instalment.id = reminder.instalment_id
    AND reminder.state = 'planned'
    AND reminder.message_id IS NULL
    AND reminder.step_id IS NOT NULL
    AND (
        reminder.step_version_id <> ALL(%(step_version_ids)s::bigint[])
        OR instalment.due_date <> reminder.due_date
    )
