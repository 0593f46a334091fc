-- What the gateway, asked, says became of these texts. Whoever reached a phone was accepted, so the last
-- attempt, if still open or unclear, is called accepted; the gateway will not be asked about an ended
-- message again.
WITH answer AS (
    SELECT * FROM unnest(%(references)s::uuid[], %(codes)s::text[]) AS answer (reference, code)
), moved AS (
    UPDATE reminders_message AS message
    SET
        state = %(state)s,
        -- A question may be answered when another worker has taken the text up meanwhile.
        lease_until = NULL,
        reason = CASE WHEN %(state)s = 'undelivered' THEN answer.code ELSE '' END,
        accepted_at = coalesce(message.accepted_at, %(now)s),
        ended_at = CASE WHEN %(state)s = 'accepted' THEN NULL ELSE %(now)s::timestamptz END,
        ask_at = CASE
            WHEN %(state)s = 'accepted' THEN coalesce(message.ask_at, %(ask_at)s::timestamptz)
        END
    FROM answer
    WHERE
        message.reference = answer.reference AND message.state = ANY(%(sources)s::text[])
    RETURNING message.id, message.reference, message.contact_point_id
), last_try AS (
    SELECT DISTINCT ON (latest.message_id) latest.id
    FROM reminders_attempt AS latest
    JOIN moved ON moved.id = latest.message_id
    ORDER BY latest.message_id, latest.number DESC
), cleared_up AS (
    UPDATE reminders_attempt AS attempt
    SET outcome = 'accepted', closed_at = coalesce(attempt.closed_at, %(now)s)
    FROM last_try
    WHERE
        attempt.id = last_try.id
        AND attempt.outcome IN ('open', 'unclear')
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_attempt AS other
            WHERE other.message_id = attempt.message_id AND other.outcome = 'accepted'
        )
)
SELECT moved.reference::text, moved.id, moved.contact_point_id FROM moved
