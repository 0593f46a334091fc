-- The same rows as the product's: a message, an open attempt, and the reminders that went into it.
WITH message AS (
    INSERT INTO reminders_message (
        customer_id, contact_point_id, reference, channel, gateway, stage, purpose, template_version_id,
        language, tone, body, parts, price, price_currency, amount, currency, state, reason, opened_at,
        lease_until
    )
    SELECT
        customer_id, contact_point_id, reference, 'sms', 'simulator', 'before', 'service',
        template_version_id, 'zh-hans', 'neutral', body, 2, 0.09, 'CNY', amount, 'CNY', 'sending', '',
        %(now)s, %(lease_until)s
    FROM unnest(
        %(customer_ids)s::bigint[], %(contact_point_ids)s::bigint[], %(references)s::uuid[],
        %(bodies)s::text[], %(amounts)s::numeric[], %(template_version_ids)s::bigint[]
    ) AS text (customer_id, contact_point_id, reference, body, amount, template_version_id)
    RETURNING id, reference, customer_id
), attempt AS (
    INSERT INTO reminders_attempt (
        message_id, number, gateway, opened_at, outcome, code, provider_id
    )
    SELECT id, 1, 'simulator', %(now)s, 'open', '', '' FROM message
    RETURNING id, message_id
), given AS (
    UPDATE reminders_reminder AS reminder
    SET state = 'messaged', message_id = message.id, decided_at = %(now)s
    FROM unnest(%(reminder_ids)s::bigint[], %(reminder_customer_ids)s::bigint[]) AS row (id, customer_id)
    JOIN message ON message.customer_id = row.customer_id
    WHERE reminder.id = row.id
)
SELECT message.reference, message.id, attempt.id
FROM message
JOIN attempt ON attempt.message_id = message.id
