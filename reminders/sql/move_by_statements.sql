-- What statements of gateways change: messages that move, one array element each, locked and judged
-- by the caller. Whoever reached a phone was accepted, so the last attempt, if still open or
-- unclear, is called accepted: of a message that was accepted already no attempt is open or unclear
-- without another that was accepted, so only the `unsure_ids` are looked at. Reminders that wait for
-- another try of such a message wait no more.
WITH news AS (
    SELECT *
    FROM unnest(
        %(ids)b::bigint[], %(states)b::text[], %(reasons)b::text[], %(happened_ats)b::timestamptz[],
        %(provider_ids)b::text[]
    ) AS news (id, state, reason, happened_at, provider_id)
), moved AS (
    UPDATE reminders_message AS message
    SET
        state = news.state,
        reason = news.reason,
        lease_until = NULL,
        ask_at = CASE
            WHEN news.state = 'accepted' THEN coalesce(message.ask_at, %(ask_at)s::timestamptz)
        END,
        -- A gateway's clock may be wrong: nothing happened before it was sent or after now.
        accepted_at = coalesce(
            message.accepted_at,
            greatest(message.opened_at, least(news.happened_at, %(now)s::timestamptz))
        ),
        ended_at = CASE
            WHEN news.state <> 'accepted'
                THEN greatest(message.opened_at, least(news.happened_at, %(now)s::timestamptz))
        END
    FROM news
    WHERE message.id = news.id
    RETURNING message.id, news.provider_id
), messaged AS (
    UPDATE reminders_reminder
    SET state = 'messaged', reason = ''
    WHERE message_id = ANY(%(waited_ids)b::bigint[]) AND state = 'planned'
), last_try AS (
    SELECT DISTINCT ON (attempt.message_id) attempt.id, moved.provider_id
    FROM reminders_attempt AS attempt
    JOIN moved ON moved.id = attempt.message_id
    WHERE moved.id = ANY(%(unsure_ids)b::bigint[])
    ORDER BY attempt.message_id, attempt.number DESC
)
UPDATE reminders_attempt AS attempt
SET
    outcome = 'accepted',
    closed_at = coalesce(attempt.closed_at, %(now)s),
    provider_id = CASE
        WHEN attempt.provider_id = '' THEN last_try.provider_id ELSE attempt.provider_id
    END
FROM last_try
WHERE
    attempt.id = last_try.id
    AND attempt.outcome IN ('open', 'unclear')
    AND NOT EXISTS (
        SELECT 1
        FROM reminders_attempt AS other
        WHERE other.message_id = attempt.message_id AND other.outcome = 'accepted'
    )
