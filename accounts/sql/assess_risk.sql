-- Assesses the given customers by the rules, and writes the assessments that differ.
-- The same scorecard as accounts.core.scorecard, where its choices are explained.
-- An instant is turned into the borrower's date here, which has one answer in every time zone;
-- only the way back has two.
-- Parameters: customer_ids (bigint[]), now, trend_needs, and the rules by their names.
-- LATERAL with OFFSET 0: see allocate_payments.sql.
WITH
judged AS MATERIALIZED (
    SELECT c.id AS customer_id, c.timezone,
           (%(now)s::timestamptz AT TIME ZONE c.timezone)::date AS today
    FROM unnest(%(customer_ids)s::bigint[]) AS asked (customer_id)
    CROSS JOIN LATERAL (
        SELECT id, timezone FROM accounts_customer WHERE id = asked.customer_id OFFSET 0
    ) c
),
fallen AS (
    SELECT j.customer_id, i.amount_due, i.paid, l.grace_days,
           coalesce((i.settled_at AT TIME ZONE j.timezone)::date, j.today) - i.due_date
               AS days_after_due,
           row_number() OVER newest_first AS place,
           count(*) OVER (PARTITION BY j.customer_id) AS fallen_count
    FROM judged j
    CROSS JOIN LATERAL (
        SELECT id, grace_days FROM accounts_loan WHERE customer_id = j.customer_id OFFSET 0
    ) l
    CROSS JOIN LATERAL (
        SELECT * FROM accounts_instalment WHERE loan_id = l.id OFFSET 0
    ) i
    WHERE j.today - i.due_date > l.grace_days
    WINDOW newest_first AS (PARTITION BY j.customer_id ORDER BY i.due_date DESC, i.id DESC)
),
counted AS (
    SELECT customer_id, amount_due, paid, place,
           least(fallen_count, %(window_instalments)s) AS counted,
           CASE WHEN days_after_due > grace_days THEN days_after_due ELSE 0 END AS late_days
    FROM fallen
    WHERE place <= %(window_instalments)s
),
figures AS (
    SELECT customer_id,
           max(counted) AS counted,
           max(counted) / 2 AS half,
           count(*) FILTER (WHERE late_days > 0) AS late_count,
           max(late_days) AS longest_late_days,
           coalesce(sum(late_days) FILTER (WHERE place <= counted / 2), 0)
           - coalesce(sum(late_days) FILTER (WHERE place > counted - counted / 2), 0) AS growth,
           sum(amount_due) AS amount_due,
           sum(paid) AS amount_paid
    FROM counted
    GROUP BY customer_id
),
reached AS (
    SELECT customer_id, counted, half, late_count, longest_late_days, growth,
           amount_due, amount_paid,
           CASE WHEN late_count >= %(high_late_count)s THEN 'high'
                WHEN late_count >= %(medium_late_count)s THEN 'medium'
           END AS by_count,
           CASE WHEN longest_late_days >= %(high_longest_late_days)s THEN 'high'
                WHEN longest_late_days >= %(medium_longest_late_days)s THEN 'medium'
           END AS by_longest,
           CASE WHEN counted >= %(trend_needs)s AND growth >= %(high_trend_days)s * half
                THEN 'high'
           END AS by_trend,
           CASE WHEN amount_paid < %(high_share_paid_below)s * amount_due THEN 'high'
                WHEN amount_paid < %(medium_share_paid_below)s * amount_due THEN 'medium'
           END AS by_share
    FROM figures
),
wanted AS MATERIALIZED (
    SELECT j.customer_id,
           CASE WHEN r.customer_id IS NULL THEN 'medium'
                WHEN 'high' IN (r.by_count, r.by_longest, r.by_trend, r.by_share) THEN 'high'
                WHEN 'medium' IN (r.by_count, r.by_longest, r.by_trend, r.by_share) THEN 'medium'
                ELSE 'low'
           END AS tier,
           CASE WHEN r.customer_id IS NULL
                THEN jsonb_build_array(jsonb_build_object(
                    'code', 'no_history', 'level', 'medium', 'value', 0, 'threshold', 1
                ))
                WHEN coalesce(r.by_count, r.by_longest, r.by_trend, r.by_share) IS NULL
                THEN jsonb_build_array(jsonb_build_object(
                    'code', 'punctual', 'level', 'low', 'value', r.counted, 'threshold', 0
                ))
                ELSE CASE WHEN r.by_count IS NULL THEN '[]'::jsonb
                     ELSE jsonb_build_array(jsonb_build_object(
                         'code', 'late_count', 'level', r.by_count, 'value', r.late_count,
                         'threshold', CASE r.by_count WHEN 'high' THEN %(high_late_count)s
                                      ELSE %(medium_late_count)s END
                     )) END
                  || CASE WHEN r.by_longest IS NULL THEN '[]'::jsonb
                     ELSE jsonb_build_array(jsonb_build_object(
                         'code', 'longest_late_days', 'level', r.by_longest,
                         'value', r.longest_late_days,
                         'threshold', CASE r.by_longest WHEN 'high' THEN %(high_longest_late_days)s
                                      ELSE %(medium_longest_late_days)s END
                     )) END
                  || CASE WHEN r.by_trend IS NULL THEN '[]'::jsonb
                     ELSE jsonb_build_array(jsonb_build_object(
                         'code', 'trend', 'level', r.by_trend,
                         'value', round(r.growth::numeric / r.half, 1),
                         'threshold', %(high_trend_days)s
                     )) END
                  || CASE WHEN r.by_share IS NULL THEN '[]'::jsonb
                     ELSE jsonb_build_array(jsonb_build_object(
                         'code', 'share_paid', 'level', r.by_share,
                         'value', round(div(r.amount_paid * 1000, r.amount_due) / 1000, 3),
                         'threshold', CASE r.by_share WHEN 'high' THEN %(high_share_paid_below)s
                                      ELSE %(medium_share_paid_below)s END
                     )) END
           END AS reasons
    FROM judged j
    LEFT JOIN reached r USING (customer_id)
),
written AS (
    INSERT INTO accounts_riskassessment (customer_id, tier, reasons, source, assessed_at)
    SELECT customer_id, tier, reasons, 'rules', %(now)s
    FROM wanted
    ORDER BY customer_id
    ON CONFLICT (customer_id) DO UPDATE
    SET tier = excluded.tier,
        reasons = excluded.reasons,
        source = excluded.source,
        assessed_at = excluded.assessed_at
    WHERE (accounts_riskassessment.tier, accounts_riskassessment.reasons,
           accounts_riskassessment.source)
        IS DISTINCT FROM (excluded.tier, excluded.reasons, excluded.source)
    RETURNING xmax = 0 AS is_new
)
SELECT (SELECT count(*) FROM written WHERE is_new) AS new,
       (SELECT count(*) FROM written WHERE NOT is_new) AS changed,
       (SELECT count(*) FROM wanted) - (SELECT count(*) FROM written) AS same,
       (SELECT count(*) FROM wanted WHERE tier = 'low') AS low,
       (SELECT count(*) FROM wanted WHERE tier = 'medium') AS medium,
       (SELECT count(*) FROM wanted WHERE tier = 'high') AS high
