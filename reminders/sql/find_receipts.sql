-- Those of these statements, one array element each, that are stored already.
SELECT gateway, event
FROM reminders_receipt
JOIN unnest(%(gateways)b::text[], %(events)b::text[]) AS said (gateway, event)
    USING (gateway, event)
