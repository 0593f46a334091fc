-- What a worker opened and never closed: the call may or may not have been made (P5). The
-- attempt is unclear, the message unknown, and the gateway is asked.
WITH lapsed AS (
    UPDATE reminders_message AS message
    SET state = 'unknown', reason = 'lease_lapsed', lease_until = NULL, ask_at = %(now)s
    WHERE message.state = 'sending' AND message.lease_until < %(now)s
    RETURNING message.id
)
UPDATE reminders_attempt AS attempt
SET outcome = 'unclear', code = 'lease_lapsed', closed_at = %(now)s
FROM lapsed
WHERE attempt.message_id = lapsed.id AND attempt.outcome = 'open'
