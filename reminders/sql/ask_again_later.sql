-- Nothing new was learned of these texts: they are asked about again after as long as they are old, young
-- ones no later than "never seen" can be believed, which counts from the end of the call, old ones for
-- the last time when they reach the last age.
-- Beyond it nobody asks any more: what was accepted without a receipt is unknown, and all of them are
-- for a person to look at.
WITH asked AS (
    SELECT
        message.id,
        greatest(
            message.opened_at,
            (
                SELECT max(attempt.closed_at)
                FROM reminders_attempt AS attempt
                WHERE attempt.message_id = message.id AND attempt.code <> 'lease_lapsed'
            )
        ) + %(believed_after)s AS believed_at
    FROM reminders_message AS message
    WHERE
        message.reference = ANY(%(references)s::uuid[])
        AND message.state IN ('accepted', 'unknown')
)
UPDATE reminders_message AS message
SET
    ask_at = CASE
        WHEN message.opened_at <= %(too_old)s THEN NULL
        WHEN message.state = 'unknown' AND asked.believed_at > %(now)s
            THEN least(
                %(now)s + greatest(interval '30 seconds', %(now)s - message.opened_at),
                asked.believed_at
            )
        ELSE least(
            %(now)s + greatest(interval '30 seconds', %(now)s - message.opened_at),
            message.opened_at + (%(now)s - %(too_old)s)
        )
    END,
    state = CASE
        WHEN message.opened_at <= %(too_old)s THEN 'unknown' ELSE message.state
    END,
    reason = CASE
        WHEN message.opened_at > %(too_old)s THEN message.reason
        WHEN message.state = 'accepted' THEN 'no_receipt'
        ELSE 'unresolved'
    END
FROM asked
WHERE
    message.id = asked.id AND message.state IN ('accepted', 'unknown')
