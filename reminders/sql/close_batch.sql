-- What a gateway answered, one array element each; the caller holds the messages. A message moves only
-- by its newest attempt, while that is open or unclear, and only from the states that the table of
-- transitions names for its new state: so an early receipt is never undone, and a worker that slept
-- beyond its lease, whose text another took up meanwhile, decides nothing any more. An attempt that a
-- sweeper called unclear takes the better knowledge, but is called accepted only together with its
-- message, which happens once. The reminders of a message that waits for another try go back to being
-- planned. A text that was held for never seen, cancelled, and accepted after all has gone out: its end
-- stands, and it is marked.
-- PostgreSQL's estimates are wrong on a big morning, for they are of the night, when nothing was sent, or
-- of the minute before, when all that was sent had been accepted. So the attempt that was called is looked
-- up by its number, attempts to be closed and reminders by an array: joined plainly, all of them were read
-- for every batch. What moved is asked by NOT IN, which hashes it, and the attempts that may be closed by a
-- CASE, of which nothing is estimated: both were taken for one row, and each answer compared with each.
WITH answer AS (
    SELECT *
    FROM unnest(
        %(attempt_ids)b::bigint[], %(message_ids)b::bigint[], %(outcomes)b::text[],
        %(codes)b::text[], %(provider_ids)b::text[], %(states)b::text[], %(sources)b::text[],
        %(retry_ats)b::timestamptz[], %(ask_ats)b::timestamptz[]
    ) AS answer (
        attempt_id, message_id, outcome, code, provider_id, state, sources, retry_at, ask_at
    )
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
    WHERE
        message.id = answer.message_id
        AND message.state = ANY(string_to_array(answer.sources, ','))
        AND (
            SELECT outcome FROM reminders_attempt WHERE id = answer.attempt_id
        ) IN ('open', 'unclear')
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_attempt AS newer
            WHERE newer.message_id = message.id AND newer.id > answer.attempt_id
        )
    RETURNING message.id, message.state, answer.attempt_id, answer.retry_at
), closed AS (
    UPDATE reminders_attempt AS attempt
    SET
        outcome = CASE WHEN answer.is_too_late THEN 'unclear' ELSE answer.outcome END,
        code = CASE WHEN answer.is_too_late THEN attempt.code ELSE answer.code END,
        provider_id = answer.provider_id,
        closed_at = %(now)s
    FROM (
        SELECT
            attempt_id, outcome, code, provider_id,
            outcome = 'accepted' AND attempt_id NOT IN (SELECT attempt_id FROM moved) AS is_too_late
        FROM answer
    ) AS answer
    WHERE
        attempt.id = answer.attempt_id
        AND attempt.id = ANY(%(attempt_ids)b::bigint[])
        AND CASE WHEN attempt.outcome IN ('open', 'unclear') THEN TRUE ELSE FALSE END
), arrived AS (
    UPDATE reminders_message AS message
    SET may_have_reached_at = %(now)s
    FROM answer
    WHERE
        message.id = answer.message_id
        AND answer.outcome = 'accepted'
        AND message.state = ANY(%(held_for_unsent)b::text[])
        AND message.may_have_reached_at IS NULL
), returned AS (
    UPDATE reminders_reminder AS reminder
    SET state = 'planned', reason = 'gateway_busy', next_attempt_at = moved.retry_at
    FROM moved
    WHERE
        moved.state = 'waiting'
        AND reminder.message_id = moved.id
        AND reminder.message_id = ANY(ARRAY(SELECT id FROM moved WHERE state = 'waiting'))
        AND reminder.state = 'messaged'
)
SELECT moved.id, moved.state FROM moved
