-- Those of these references whose message waits for another try, without a lock: mostly none.
SELECT gateway, reference::text, id, customer_id, contact_point_id, state
FROM reminders_message
WHERE reference = ANY(%(references)b::uuid[]) AND state = 'waiting'
