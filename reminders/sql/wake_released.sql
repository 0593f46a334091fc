-- Reminders that wait for the end of a hold which ended early: it was released, or the payments kept or broke
-- what was arranged. Nothing holds them any more, so they are looked at now. What a claim has locked is left
-- to the next tick. What is about no instalment waits for a hold of any loan. The same judgement as accounts/core/arrangements.py.
UPDATE reminders_reminder AS reminder
SET next_attempt_at = greatest(reminder.send_at, %(now)s)
FROM (
    SELECT waiting.id
    FROM reminders_reminder AS waiting
    LEFT JOIN accounts_instalment AS instalment ON instalment.id = waiting.instalment_id
    WHERE
        waiting.state = 'planned'
        AND waiting.reason = 'on_hold'
        AND waiting.next_attempt_at > greatest(waiting.send_at, %(now)s)
        AND NOT EXISTS (
            SELECT 1
            FROM accounts_hold AS hold
            WHERE
                hold.customer_id = waiting.customer_id
                AND (
                    hold.loan_id IS NULL
                    OR hold.loan_id = instalment.loan_id
                    OR waiting.instalment_id IS NULL
                )
                AND hold.released_at IS NULL
                AND hold.from_at <= %(now)s
                AND (hold.until_at IS NULL OR hold.until_at > %(now)s)
                AND NOT EXISTS (
                    SELECT 1
                    FROM (
                        SELECT
                            term.due_at,
                            sum(term.amount) OVER (ORDER BY term.due_at) AS wanted_by_then,
                            sum(term.amount) OVER () AS wanted
                        FROM (
                            SELECT plan.due_at, plan.amount
                            FROM accounts_holdterm AS plan
                            WHERE plan.hold_id = hold.id AND hold.kind = 'plan'
                            UNION ALL
                            SELECT hold.until_at, hold.amount
                            WHERE hold.kind = 'promise_to_pay' AND hold.amount IS NOT NULL
                        ) AS term
                    ) AS schedule
                    CROSS JOIN LATERAL (
                        SELECT coalesce(sum(payment.amount), 0) AS amount
                        FROM accounts_loan AS loan
                        JOIN accounts_payment AS payment ON payment.loan_id = loan.id
                        WHERE
                            loan.customer_id = hold.customer_id
                            AND (hold.loan_id IS NULL OR hold.loan_id = loan.id)
                            AND payment.paid_at >= least(hold.from_at, hold.placed_at)
                    ) AS paid
                    WHERE
                        paid.amount >= schedule.wanted
                        OR (schedule.due_at <= %(now)s AND paid.amount < schedule.wanted_by_then)
                )
        )
    FOR NO KEY UPDATE OF waiting SKIP LOCKED
) AS released
WHERE reminder.id = released.id
