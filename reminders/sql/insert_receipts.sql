-- Statements of gateways, one array element each, in order of their events so that two workers who
-- bring the same ones wait for each other and cannot deadlock. A doubled one is dropped.
-- Returns how many were stored with each effect.
WITH stored AS (
    INSERT INTO reminders_receipt (
        gateway, event, message_id, reference, status, code, happened_at, received_at, effect
    )
    SELECT
        gateway, event, message_id, reference, status, code, happened_at, received_at, effect
    FROM unnest(
        %(gateways)b::text[], %(events)b::text[], %(message_ids)b::bigint[], %(references)b::text[],
        %(statuses)b::text[], %(codes)b::text[], %(happened_ats)b::timestamptz[],
        %(received_ats)b::timestamptz[], %(effects)b::text[]
    ) AS statement (
        gateway, event, message_id, reference, status, code, happened_at, received_at, effect
    )
    ORDER BY gateway, event
    ON CONFLICT (gateway, event) DO NOTHING
    RETURNING effect
)
SELECT effect, count(*) FROM stored GROUP BY effect
