-- One day: every step that speaks on it, for its share of the instalments of its due date. Of the others a
-- few were decided against. A message has one reminder and, of the newer days, one call and one receipt. Half of
-- those that were not delivered were to be sent again, which was stopped.
WITH place AS MATERIALIZED (
    SELECT
        nextval('reminders_reminder_id_seq') AS reminder_id,
        n AS loan_id,
        CASE WHEN n <= %(customers)s THEN n ELSE n * 7919 %% %(customers)s + 1 END AS customer_id,
        slot.month_no * %(loans)s + n AS instalment_id,
        slot.due_date,
        step.*,
        drawn.chance & 1023 AS chance,
        (drawn.chance >> 10) & 1023 AS fate,
        (drawn.chance >> 20) & 32767 AS cents
    FROM
        unnest(
            %(slot_steps)s::int[], %(due_dates)s::date[], %(month_nos)s::bigint[], %(turns_due)s::int[]
        ) AS slot (step_no, due_date, month_no, turn)
        JOIN unnest(
            %(step_nos)s::int[], %(step_ids)s::bigint[], %(step_version_ids)s::bigint[],
            %(template_version_ids)s::bigint[], %(stages)s::text[], %(purposes)s::text[],
            %(shares)s::int[]
        ) AS step (
            step_no, step_id, step_version_id, template_version_id, stage, purpose, share
        ) USING (step_no)
        CROSS JOIN LATERAL generate_series(
            CASE WHEN slot.turn = 0 THEN %(turns)s ELSE slot.turn END, %(loans)s::bigint, %(turns)s
        ) AS n
        CROSS JOIN LATERAL (
            SELECT
                hashint8extended((slot.month_no * %(loans)s + n) * 8 + slot.step_no, %(seed)s)
                & 1099511627775 AS chance
        ) AS drawn
    WHERE (drawn.chance & 1023) < step.share + %(not_sent_share)s
), spoken AS MATERIALIZED (
    SELECT
        nextval('reminders_message_id_seq') AS id,
        %(begins)s + (row_number() OVER () - 1) / 500 * interval '15 seconds' AS opened_at,
        CASE
            WHEN fate < 4 THEN 'rejected'
            WHEN fate < 6 THEN 'cancelled'
            WHEN fate < 50 THEN 'undelivered'
            WHEN fate < 52 AND %(age)s < 30 THEN 'unknown'
            WHEN fate < 150 AND %(age)s = 0 THEN 'accepted'
            ELSE 'delivered'
        END AS state,
        place.*
    FROM place
    WHERE chance < share
), message AS (
    INSERT INTO reminders_message (
        id, customer_id, contact_point_id, reference, channel, gateway, stage, purpose,
        template_version_id, language, tone, body, parts, price, price_currency, amount, currency,
        state, reason, opened_at, lease_until, accepted_at, ended_at, ask_at, may_have_reached_at
    )
    SELECT
        id, customer_id, customer_id, md5(id::text || '/' || %(seed)s)::uuid, 'sms', 'simulator',
        stage, purpose, template_version_id, 'zh-hans', 'neutral',
        '【安心】您的借款' || loan_id || '有' || 300 + cents / 100 || '元' || due_date
        || '到期，请在App还款。电话400-000',
        1, 0.05, 'CNY', (30000 + cents)::numeric / 100, 'CNY',
        state,
        CASE state
            WHEN 'rejected' THEN 'bad_number'
            WHEN 'cancelled' THEN 'no_longer_wanted'
            WHEN 'undelivered' THEN 'absent'
            WHEN 'unknown' THEN 'timeout'
            ELSE ''
        END,
        opened_at,
        NULL,
        CASE WHEN state IN ('accepted', 'delivered', 'undelivered') THEN opened_at + interval '1 s' END,
        CASE WHEN state NOT IN ('accepted', 'unknown') THEN opened_at + interval '9 s' END,
        CASE WHEN state IN ('accepted', 'unknown') AND %(age)s < 3 THEN %(now)s + interval '1 h' END,
        NULL
    FROM spoken
), attempt AS (
    INSERT INTO reminders_attempt (
        message_id, number, gateway, opened_at, closed_at, outcome, code, provider_id
    )
    SELECT
        id, 1, 'simulator', opened_at, opened_at + interval '1 s',
        CASE state WHEN 'rejected' THEN 'rejected' WHEN 'unknown' THEN 'unclear' ELSE 'accepted' END,
        CASE state WHEN 'rejected' THEN 'bad_number' WHEN 'unknown' THEN 'timeout' ELSE '' END,
        CASE WHEN state IN ('rejected', 'unknown') THEN '' ELSE 'sim-' || id END
    FROM spoken
    WHERE %(age)s < %(attempt_days)s AND state <> 'cancelled'
), receipt AS (
    INSERT INTO reminders_receipt (
        gateway, event, message_id, reference, status, code, happened_at, received_at, effect
    )
    SELECT
        'simulator', 'e-' || id, id, md5(id::text || '/' || %(seed)s)::uuid::text, state,
        CASE state WHEN 'undelivered' THEN 'absent' ELSE '' END,
        opened_at + interval '8 s', opened_at + interval '9 s', 'applied'
    FROM spoken
    WHERE %(age)s < %(receipt_days)s AND state IN ('delivered', 'undelivered')
), in_vain AS (
    INSERT INTO reminders_earliertext (reminder_id, message_id, number, planned_again_at)
    SELECT reminder_id, id, 1, opened_at + interval '15 m'
    FROM spoken
    WHERE state = 'undelivered' AND fate %% 2 = 0
), reminder AS (
    INSERT INTO reminders_reminder (
        id, customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
        next_attempt_at, state, reason, detail, planned_at, decided_at, message_id
    )
    SELECT
        place.reminder_id, place.customer_id, place.instalment_id, place.step_id,
        place.step_version_id, place.due_date, %(begins)s, %(begins)s + interval '14 h', %(begins)s,
        CASE WHEN spoken.id IS NULL THEN 'skipped' ELSE 'messaged' END,
        CASE
            WHEN spoken.id IS NOT NULL THEN ''
            WHEN place.fate < 700 THEN 'paid'
            WHEN place.fate < 900 THEN 'on_hold'
            ELSE 'not_allowed_by_borrower'
        END,
        CASE WHEN spoken.id IS NULL AND place.fate < 700 THEN '{"outstanding": "0"}'::jsonb END,
        %(begins)s - interval '2 d',
        coalesce(
            spoken.opened_at,
            %(begins)s + place.reminder_id %% %(batches)s * interval '15 seconds'
        ),
        spoken.id
    FROM place
    LEFT JOIN spoken USING (reminder_id)
)
SELECT count(*) FROM spoken
