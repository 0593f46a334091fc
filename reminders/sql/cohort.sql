-- Instalments of some due dates, and those of them that were unpaid at the instants given for (date, days).
SELECT
    point.after_days,
    count(*),
    count(*) FILTER (
        WHERE instalment.settled_at IS NULL OR instalment.settled_at >= point.ends
    )
FROM unnest(%(dates)s::date[], %(days)s::int[], %(ends)s::timestamptz[])
    AS point (due_date, after_days, ends)
JOIN accounts_instalment AS instalment ON instalment.due_date = point.due_date
GROUP BY point.after_days
