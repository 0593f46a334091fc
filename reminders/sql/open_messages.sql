-- A message for each text that is about to leave, one array element each, and an open attempt at it. A
-- message that waited for another try is taken up again, with what it says today; the claim holds its
-- borrower, so nobody else moves it meanwhile. Returns references with the new numbers.
WITH message AS (
    INSERT INTO reminders_message AS message (
        reference, customer_id, contact_point_id, channel, gateway, stage, purpose,
        template_version_id, language, tone, body, parts, price, price_currency, amount, currency,
        state, reason, opened_at, lease_until
    )
    SELECT
        reference, customer_id, contact_point_id, channel, %(gateway)s, stage, purpose,
        template_version_id, language, tone, body, parts, price, %(price_currency)s, amount,
        currency, 'sending', '', %(now)s, %(lease_until)s
    FROM unnest(
        %(references)b::uuid[], %(customer_ids)b::bigint[], %(contact_point_ids)b::bigint[],
        %(channels)b::text[], %(stages)b::text[], %(purposes)b::text[],
        %(template_version_ids)b::bigint[], %(languages)b::text[], %(tones)b::text[],
        %(bodies)b::text[], %(parts)b::int[], %(prices)b::numeric[], %(amounts)b::numeric[],
        %(currencies)b::text[]
    ) AS text (
        reference, customer_id, contact_point_id, channel, stage, purpose, template_version_id,
        language, tone, body, parts, price, amount, currency
    )
    ON CONFLICT (reference) DO UPDATE SET
        contact_point_id = excluded.contact_point_id,
        channel = excluded.channel,
        stage = excluded.stage,
        purpose = excluded.purpose,
        template_version_id = excluded.template_version_id,
        language = excluded.language,
        tone = excluded.tone,
        body = excluded.body,
        parts = excluded.parts,
        price = excluded.price,
        price_currency = excluded.price_currency,
        amount = excluded.amount,
        currency = excluded.currency,
        state = excluded.state,
        reason = excluded.reason,
        opened_at = excluded.opened_at,
        lease_until = excluded.lease_until
    WHERE message.state = 'waiting'
    RETURNING message.id, message.reference
), attempt AS (
    INSERT INTO reminders_attempt (message_id, number, gateway, opened_at, outcome, code, provider_id)
    SELECT
        message.id,
        1 + coalesce(
            (SELECT max(earlier.number) FROM reminders_attempt AS earlier
             WHERE earlier.message_id = message.id),
            0
        ),
        %(gateway)s, %(now)s, 'open', '', ''
    FROM message
    RETURNING id, message_id, number
)
SELECT message.reference::text, message.id, attempt.id, attempt.number
FROM message
JOIN attempt ON attempt.message_id = message.id
