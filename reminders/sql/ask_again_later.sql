-- Nothing new was learned of these texts: they are asked about again after as long as they are old, young
-- ones no later than "never seen" can be believed, old ones for the last time when they reach the last age.
-- Beyond it nobody asks any more: what was accepted without a receipt is unknown, and all of them are
-- for a person to look at.
UPDATE reminders_message AS message
SET
    ask_at = CASE
        WHEN message.opened_at <= %(too_old)s THEN NULL
        WHEN message.state = 'unknown' AND message.opened_at + %(believed_after)s > %(now)s
            THEN least(
                %(now)s + greatest(interval '30 seconds', %(now)s - message.opened_at),
                message.opened_at + %(believed_after)s
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
WHERE
    message.reference = ANY(%(references)s::uuid[])
    AND message.state IN ('accepted', 'unknown')
