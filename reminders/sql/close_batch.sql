-- What a gateway answered, one array element for each text. An attempt that a sweeper called unclear
-- meanwhile takes the better knowledge; a message moves only from the states that the table of
-- transitions names for its new state, so an early receipt is never undone. The reminders of a message
-- that waits for another try go back to being planned.
WITH answer AS (
    SELECT *
    FROM unnest(
        %(attempt_ids)s::bigint[], %(message_ids)s::bigint[], %(outcomes)s::text[],
        %(codes)s::text[], %(provider_ids)s::text[], %(states)s::text[], %(sources)s::text[],
        %(retry_ats)s::timestamptz[], %(ask_ats)s::timestamptz[]
    ) AS answer (
        attempt_id, message_id, outcome, code, provider_id, state, sources, retry_at, ask_at
    )
), locked AS (
    -- In order of id, as receipts lock them: otherwise the two can block each other, and the one that
    -- PostgreSQL then ends would lose all these answers.
    SELECT message.id
    FROM reminders_message AS message
    JOIN answer ON answer.message_id = message.id
    ORDER BY message.id
    FOR NO KEY UPDATE OF message
), closed AS (
    UPDATE reminders_attempt AS attempt
    SET
        outcome = answer.outcome,
        code = answer.code,
        provider_id = answer.provider_id,
        closed_at = %(now)s
    FROM answer
    WHERE attempt.id = answer.attempt_id AND attempt.outcome IN ('open', 'unclear')
), moved AS (
    UPDATE reminders_message AS message
    SET
        state = answer.state,
        reason = CASE WHEN answer.state = 'accepted' THEN '' ELSE answer.code END,
        lease_until = NULL,
        ask_at = answer.ask_at,
        accepted_at = CASE WHEN answer.state = 'accepted' THEN %(now)s END,
        ended_at = CASE WHEN answer.state = 'rejected' THEN %(now)s END
    FROM answer
    JOIN locked ON locked.id = answer.message_id
    WHERE
        message.id = answer.message_id
        AND message.state = ANY(string_to_array(answer.sources, ','))
    RETURNING message.id, message.state, answer.retry_at
), returned AS (
    UPDATE reminders_reminder AS reminder
    SET state = 'planned', reason = 'gateway_busy', next_attempt_at = moved.retry_at
    FROM moved
    WHERE
        moved.state = 'waiting'
        AND reminder.message_id = moved.id
        AND reminder.state = 'messaged'
)
SELECT moved.id, moved.state FROM moved
