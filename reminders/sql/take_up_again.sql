-- Messages that waited for another try, filled with what they say today, one array element each. The
-- claim holds their borrowers, so nobody else moves them meanwhile.
UPDATE reminders_message AS message
SET
    contact_point_id = again.contact_point_id,
    channel = again.channel,
    gateway = %(gateway)s,
    stage = again.stage,
    purpose = again.purpose,
    template_version_id = again.template_version_id,
    language = again.language,
    tone = again.tone,
    body = again.body,
    parts = again.parts,
    price = again.price,
    price_currency = %(price_currency)s,
    amount = again.amount,
    currency = again.currency,
    state = 'sending',
    reason = '',
    opened_at = %(now)s,
    lease_until = %(lease_until)s
FROM unnest(
    %(ids)s::bigint[], %(contact_point_ids)s::bigint[], %(channels)s::text[], %(stages)s::text[],
    %(purposes)s::text[], %(template_version_ids)s::bigint[], %(languages)s::text[],
    %(tones)s::text[], %(bodies)s::text[], %(parts)s::int[], %(prices)s::numeric[],
    %(amounts)s::numeric[], %(currencies)s::text[]
) AS again (
    id, contact_point_id, channel, stage, purpose, template_version_id, language, tone, body, parts,
    price, amount, currency
)
WHERE message.id = again.id
