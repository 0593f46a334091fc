-- The planned reminders of these borrowers that are to be looked at now, locked until the end of the
-- transaction; those that planning is just changing are passed over. With the message that waits for
-- another try, when there is one.
SELECT
    reminder.id,
    reminder.customer_id,
    reminder.instalment_id,
    reminder.step_version_id,
    reminder.template_id,
    reminder.due_date,
    reminder.send_at::text,
    reminder.expires_at::text,
    reminder.message_id,
    reminder.campaign_id,
    CASE WHEN reminder.campaign_id IS NOT NULL THEN reminder.planned_at END,
    waiting.reference,
    waiting.gateway
FROM reminders_reminder AS reminder
LEFT JOIN reminders_message AS waiting
    ON waiting.id = reminder.message_id AND waiting.state = 'waiting'
WHERE
    reminder.customer_id = ANY(%(customer_ids)b::bigint[])
    AND reminder.state = 'planned'
    AND reminder.next_attempt_at <= %(now)s
ORDER BY reminder.id
FOR NO KEY UPDATE OF reminder SKIP LOCKED
