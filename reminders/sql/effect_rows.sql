-- Borrowers behind a number of effect.sql, by id after a place. They are walked in their order, each with
-- its own reminders, until the page is full: see effect.sql for what counts.
SELECT customer.id
FROM accounts_customer AS customer
CROSS JOIN LATERAL (
    SELECT
        bool_or(reminder.reason = 'holdout') AS held_out,
        bool_or(reminder.reason <> 'holdout') AS let_pass,
        bool_and(instalment.settled_at IS NOT NULL AND instalment.settled_at < due.ends) AS paid
    FROM reminders_reminder AS reminder
    JOIN unnest(%(dates)s::date[], %(ends)s::timestamptz[]) AS due (due_date, ends)
        ON due.due_date = reminder.due_date
    JOIN reminders_stepversion AS step ON step.id = reminder.step_version_id
    JOIN reminders_policyversion AS version ON version.id = step.version_id
    JOIN accounts_instalment AS instalment
        ON instalment.id = reminder.instalment_id AND instalment.due_date = reminder.due_date
    WHERE
        reminder.customer_id = customer.id
        AND reminder.decided_at >= %(since)s
        AND version.policy_id = %(policy)s
        AND version.holdout_percent > 0
        AND (reminder.state = 'messaged' OR reminder.reason = ANY(%(reasons)s::text[]))
) AS judged
WHERE
    customer.id > %(after)s
    AND judged.held_out = %(held_out)s
    AND judged.let_pass <> judged.held_out
    AND judged.paid = %(paid)s
ORDER BY customer.id
LIMIT %(limit)s
