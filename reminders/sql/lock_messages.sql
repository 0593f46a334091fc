-- The messages of these references, locked until the end of the transaction in order of id, so that
-- two workers who want the same ones wait for each other and cannot deadlock.
SELECT gateway, reference::text, id, customer_id, contact_point_id, state
FROM reminders_message
WHERE reference = ANY(%(references)b::uuid[])
ORDER BY id
FOR NO KEY UPDATE
