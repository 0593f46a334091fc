-- The gateway, which sends a reference at most once, says that it never saw these texts: they were
-- certainly not sent. Their reminders are decided afresh, at once, with today's facts. An answer to a
-- question from before the last attempt says nothing about that attempt, and one from soon after it
-- little: the request may still be on its way, however long the call took that sent it. When a lapsed
-- lease was found says nothing of the call.
WITH unseen AS (
    UPDATE reminders_message AS message
    SET state = 'waiting', reason = 'never_seen', ask_at = NULL
    WHERE
        message.reference = ANY(%(references)s::uuid[])
        AND message.state = ANY(%(sources)s::text[])
        AND message.opened_at <= %(opened_before)s
        -- Whoever accepted it has seen it, whatever they say now.
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_attempt AS attempt
            WHERE
                attempt.message_id = message.id
                AND (
                    attempt.outcome = 'accepted'
                    OR (attempt.closed_at > %(opened_before)s AND attempt.code <> 'lease_lapsed')
                )
        )
    RETURNING message.id
)
UPDATE reminders_reminder AS reminder
SET state = 'planned', reason = 'never_seen', next_attempt_at = %(now)s
FROM unseen
WHERE reminder.message_id = unseen.id AND reminder.state = 'messaged'
