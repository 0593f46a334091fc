-- What the gateway answered: accepted, with its number.
WITH answer AS (
    SELECT *
    FROM unnest(%(message_ids)s::bigint[], %(attempt_ids)s::bigint[], %(provider_ids)s::text[])
    AS answer (message_id, attempt_id, provider_id)
), attempt AS (
    UPDATE reminders_attempt AS attempt
    SET outcome = 'accepted', provider_id = answer.provider_id, closed_at = %(now)s
    FROM answer
    WHERE attempt.id = answer.attempt_id
)
UPDATE reminders_message AS message
SET state = 'accepted', lease_until = NULL, accepted_at = %(now)s
FROM answer
WHERE message.id = answer.message_id
