-- Attempts that are open although their message has left the state in which a worker holds it: a receipt
-- ended it, and the worker died before it closed the attempt. Nobody knows what was answered.
UPDATE reminders_attempt AS attempt
SET outcome = 'unclear', code = 'message_ended', closed_at = %(now)s
FROM reminders_message AS message
WHERE
    attempt.outcome = 'open'
    AND attempt.opened_at <= %(opened_before)s
    AND message.id = attempt.message_id
    AND message.state <> 'sending'
