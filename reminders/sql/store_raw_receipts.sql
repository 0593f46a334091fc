-- Callbacks as they came, one array element each. Returns their ids in the same order.
INSERT INTO reminders_rawreceipt (gateway, body, received_at, problem)
SELECT gateway, body, received_at, ''
FROM unnest(%(gateways)b::text[], %(bodies)b::text[], %(received_ats)b::timestamptz[])
    AS callback (gateway, body, received_at)
RETURNING id
