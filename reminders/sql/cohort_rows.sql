-- Instalments behind a point of a cohort: unpaid at the instant given for their date, after a place.
SELECT instalment.id
FROM unnest(%(dates)s::date[], %(ends)s::timestamptz[]) AS point (due_date, ends)
JOIN accounts_instalment AS instalment ON instalment.due_date = point.due_date
WHERE
    (instalment.settled_at IS NULL OR instalment.settled_at >= point.ends)
    AND (instalment.due_date, instalment.id) > (%(after_date)s, %(after_id)s)
    AND point.due_date >= %(after_date)s
ORDER BY instalment.due_date, instalment.id
LIMIT %(limit)s
