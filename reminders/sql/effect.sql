-- Borrowers about whom a policy with a hold-out had its say, by whether they were held out, with how many
-- of them paid all of those instalments before the instant given for their due date. What objected before
-- the hold-out was asked (paid, on hold, another tier) objected to both groups alike and counts in
-- neither. Who was in both groups, since the percentage was changed meanwhile, is in none.
WITH judged AS (
    SELECT
        reminder.customer_id,
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
        reminder.decided_at >= %(since)s
        AND version.policy_id = %(policy)s
        AND version.holdout_percent > 0
        AND (reminder.state = 'messaged' OR reminder.reason = ANY(%(reasons)s::text[]))
    GROUP BY reminder.customer_id
)
SELECT held_out, count(*), count(*) FILTER (WHERE paid)
FROM judged
WHERE held_out <> let_pass
GROUP BY held_out
