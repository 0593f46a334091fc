-- Every open instalment that a slot of the grid speaks for, with the times of that slot.
-- Parameters: the grid as parallel arrays (steps, step versions, zones, due dates, send_at,
-- expires_at), and loan_ids (only these loans, or NULL for all). Planning stores the rows; a preview
-- only reads them.
-- OFFSET 0 makes PostgreSQL find each instalment with its zone first and its slots afterwards. Left
-- to itself it began with the slots and laid every instalment beside those of all zones.
SELECT
    debt.customer_id,
    debt.instalment_id,
    slot.step_id,
    slot.step_version_id,
    debt.due_date,
    slot.send_at,
    slot.expires_at
FROM (
    SELECT
        loan.customer_id,
        instalment.id AS instalment_id,
        instalment.due_date,
        customer.timezone
    FROM (SELECT DISTINCT due_date FROM unnest(%(due_dates)s::date[]) AS due (due_date)) AS day
    JOIN accounts_instalment AS instalment
        ON instalment.due_date = day.due_date AND instalment.settled_at IS NULL
    JOIN accounts_loan AS loan ON loan.id = instalment.loan_id AND loan.status = 'active'
    JOIN accounts_customer AS customer ON customer.id = loan.customer_id
    WHERE
        %(loan_ids)s::bigint[] IS NULL
        OR instalment.loan_id = ANY(%(loan_ids)s::bigint[])
    OFFSET 0
) AS debt
JOIN unnest(
    %(step_ids)s::bigint[], %(step_version_ids)s::bigint[], %(timezones)s::text[],
    %(due_dates)s::date[], %(send_ats)s::timestamptz[], %(expires_ats)s::timestamptz[]
) AS slot (step_id, step_version_id, timezone, due_date, send_at, expires_at)
    ON slot.due_date = debt.due_date AND slot.timezone = debt.timezone
