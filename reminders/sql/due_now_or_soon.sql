-- Every open instalment that a slot of the grid speaks for, with the times of that slot.
-- Parameters: the grid as parallel arrays (steps, step versions, zones, due dates, send_at,
-- expires_at). `plan_due` stores the rows; a preview only reads them.
SELECT
    loan.customer_id,
    instalment.id AS instalment_id,
    slot.step_id,
    slot.step_version_id,
    instalment.due_date,
    slot.send_at,
    slot.expires_at
FROM unnest(
    %(step_ids)s::bigint[], %(step_version_ids)s::bigint[], %(timezones)s::text[],
    %(due_dates)s::date[], %(send_ats)s::timestamptz[], %(expires_ats)s::timestamptz[]
) AS slot (step_id, step_version_id, timezone, due_date, send_at, expires_at)
JOIN accounts_instalment AS instalment
    ON instalment.due_date = slot.due_date AND instalment.settled_at IS NULL
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id AND loan.status = 'active'
JOIN accounts_customer AS customer
    ON customer.id = loan.customer_id AND customer.timezone = slot.timezone
