-- What a worker opened and never closed: the call may or may not have been made (P5). The
-- attempt is unclear, the message unknown, and the gateway is asked once its answer can be believed.
-- What somebody holds is passed over: a late answer or a receipt is just moving it.
WITH candidate AS (
    SELECT id
    FROM reminders_message
    WHERE state = 'sending' AND lease_until < %(now)s
    FOR NO KEY UPDATE SKIP LOCKED
), lapsed AS (
    UPDATE reminders_message AS message
    SET state = 'unknown', reason = 'lease_lapsed', lease_until = NULL,
        ask_at = greatest(%(now)s, message.opened_at + %(believed_after)s)
    FROM candidate
    WHERE message.id = candidate.id
    RETURNING message.id
)
UPDATE reminders_attempt AS attempt
SET outcome = 'unclear', code = 'lease_lapsed', closed_at = %(now)s
FROM lapsed
WHERE attempt.message_id = lapsed.id AND attempt.outcome = 'open'
