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
        %(gateways)s::text[], %(events)s::text[], %(message_ids)s::bigint[], %(references)s::text[],
        %(statuses)s::text[], %(codes)s::text[], %(happened_ats)s::timestamptz[],
        %(received_ats)s::timestamptz[], %(effects)s::text[]
    ) AS statement (
        gateway, event, message_id, reference, status, code, happened_at, received_at, effect
    )
    ORDER BY gateway, event
    ON CONFLICT (gateway, event) DO NOTHING
    RETURNING effect
)
SELECT effect, count(*) FROM stored GROUP BY effect
