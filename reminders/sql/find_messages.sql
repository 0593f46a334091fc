-- The messages of these references, without a lock.
SELECT gateway, reference::text, id, customer_id, contact_point_id, state
FROM reminders_message
WHERE reference = ANY(%(references)s::uuid[])
