-- Cancels what is planned but no published step speaks for any more: the step is gone, the policy
-- is inactive, or the due date moved beyond the horizon. What waits in a message after a busy gateway is
-- decided by the claim instead. Parameter: the steps in force.
UPDATE reminders_reminder AS reminder
SET
    state = 'cancelled',
    reason = CASE
        WHEN reminder.step_id = ANY(%(step_ids)s::bigint[]) THEN 'due_date_moved'
        ELSE 'step_withdrawn'
    END,
    decided_at = %(now)s
FROM accounts_instalment AS instalment
WHERE
    instalment.id = reminder.instalment_id
    AND reminder.state = 'planned'
    AND reminder.message_id IS NULL
    AND reminder.step_id IS NOT NULL
    AND (
        reminder.step_id <> ALL(%(step_ids)s::bigint[])
        OR instalment.due_date <> reminder.due_date
    )
