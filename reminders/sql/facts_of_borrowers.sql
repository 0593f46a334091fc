-- All that a decision asks about these borrowers, as it is committed now: one row each, lists as JSON.
-- Debts carry the newest step that was or may have been sent of them. Every part is found by an index
-- that begins with the borrower, the loan or the instalment, so it costs the same in a long history.
-- OFFSET 0 finds reminders by their instalment: on a morning with the statistics of the night, when nothing
-- was sent, PostgreSQL read all that was sent since, for every debt.
SELECT
    customer.id,
    customer.timezone,
    customer.other_timezones,
    customer.customer_no,
    customer.name,
    customer.language,
    customer.segment,
    customer.is_demonstration,
    (
        SELECT risk.tier
        FROM accounts_riskassessment AS risk
        WHERE risk.customer_id = customer.id
    ) AS tier,
    (
        SELECT json_agg(json_build_array(
            point.channel, point.id, encode(point.address_encrypted, 'hex')
        ))::text
        FROM accounts_contactpoint AS point
        WHERE
            point.customer_id = customer.id
            AND point.is_current
            AND point.unusable_since IS NULL
    ) AS contact_points,
    (
        SELECT json_agg(
            json_build_array(said.granted, said.channel, said.purpose)
            ORDER BY said.happened_at, said.id
        )::text
        FROM accounts_consentevent AS said
        WHERE said.customer_id = customer.id
    ) AS consents,
    (
        SELECT array_agg(hold.id ORDER BY hold.id)
        FROM accounts_hold AS hold
        WHERE
            hold.customer_id = customer.id
            AND hold.from_at <= %(now)s
            AND (hold.until_at IS NULL OR hold.until_at > %(now)s)
            AND hold.released_at IS NULL
    ) AS holds,
    (
        SELECT json_agg(message.opened_at)::text
        FROM reminders_message AS message
        WHERE
            message.customer_id = customer.id
            AND message.opened_at > %(contacts_since)s
            AND NOT (
                message.state = ANY(%(not_a_contact)b::text[])
                AND message.may_have_reached_at IS NULL
            )
    ) AS contacts,
    (
        SELECT json_agg(json_build_array(
            instalment.id,
            loan.id,
            loan.product,
            loan.currency,
            instalment.due_date,
            (instalment.amount_due - instalment.paid)::text,
            loan.penalty_daily_rate::text,
            loan.grace_days,
            loan.status = 'active',
            spoken.key,
            spoken.offset_days,
            spoken.send_at
        ))::text
        FROM accounts_loan AS loan
        JOIN accounts_instalment AS instalment ON instalment.loan_id = loan.id
        LEFT JOIN LATERAL (
            SELECT step.key, step.offset_days, reminder.send_at
            FROM (
                SELECT message_id, step_version_id, send_at
                FROM reminders_reminder
                WHERE
                    instalment_id = instalment.id
                    AND step_id IS NOT NULL
                    AND state = 'messaged'
                OFFSET 0
            ) AS reminder
            JOIN reminders_message AS message ON message.id = reminder.message_id
            JOIN reminders_stepversion AS step ON step.id = reminder.step_version_id
            WHERE
                NOT (
                    message.state = ANY(%(not_a_contact)b::text[])
                    AND message.may_have_reached_at IS NULL
                )
            ORDER BY reminder.send_at DESC, step.offset_days DESC
            LIMIT 1
        ) AS spoken ON true
        WHERE
            loan.customer_id = customer.id
            AND instalment.settled_at IS NULL
            AND (
                %(due_until)s::date IS NULL
                OR instalment.due_date <= %(due_until)s::date
                OR instalment.id = ANY(%(instalment_ids)b::bigint[])
            )
    ) AS debts
FROM accounts_customer AS customer
WHERE customer.id = ANY(%(customer_ids)b::bigint[])
