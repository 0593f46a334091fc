-- Texts opened in a span, counted three times: by gateway, by the beginning of the number, and by the step
-- that speaks (of several reminders in a text that of the latest step; what was asked for by hand before
-- them). Each by state, currency and the range into which the time from acceptance to outcome falls, 0 for
-- none; a receipt may be quicker than the gateway's own answer. What was sent in vain belongs to the reminder that was planned again.
WITH text AS MATERIALIZED (
    SELECT
        message.gateway,
        CASE WHEN message.channel = 'sms' THEN btrim(split_part(point.address_masked, '*', 1)) ELSE '' END
            AS prefix,
        lead.step,
        message.state,
        message.price_currency AS currency,
        CASE
            WHEN message.state IN ('delivered', 'undelivered')
            THEN (%(edges)s::int[] || %(beyond)s::int)[
                1 + width_bucket(
                    greatest(
                        extract(
                            epoch FROM
                            message.ended_at - coalesce(message.accepted_at, message.opened_at)
                        ),
                        0
                    ),
                    %(edges)s::numeric[]
                )
            ]
            ELSE 0
        END AS within_seconds,
        message.parts,
        message.price
    FROM reminders_message AS message
    JOIN accounts_contactpoint AS point ON point.id = message.contact_point_id
    LEFT JOIN LATERAL (
        SELECT coalesce(
            said.step_id::text,
            CASE WHEN said.campaign_id IS NULL THEN 'by_hand' ELSE 'campaign' END
        ) AS step
        FROM (
            SELECT reminder.id, reminder.step_id, reminder.campaign_id, reminder.send_at
            FROM reminders_reminder AS reminder
            WHERE reminder.message_id = message.id
            UNION ALL
            SELECT reminder.id, reminder.step_id, reminder.campaign_id, reminder.send_at
            FROM reminders_earliertext AS earlier
            JOIN reminders_reminder AS reminder ON reminder.id = earlier.reminder_id
            WHERE earlier.message_id = message.id
        ) AS said
        ORDER BY said.step_id IS NULL DESC, said.send_at DESC, said.id DESC
        LIMIT 1
    ) AS lead ON TRUE
    WHERE message.opened_at >= %(begins)s AND message.opened_at < %(ends)s
)
SELECT
    CASE grouping(gateway, prefix, step) WHEN 3 THEN 'gateway' WHEN 5 THEN 'prefix' ELSE 'step' END,
    coalesce(gateway, prefix, step, ''),
    state, currency, within_seconds,
    count(*), sum(parts), sum(price)
FROM text
GROUP BY GROUPING SETS (
    (gateway, state, currency, within_seconds),
    (prefix, state, currency, within_seconds),
    (step, state, currency, within_seconds)
)
