-- The reminders that the product planned, once more, by one statement whose join order is given: every
-- open instalment of a due date of `slot`, and its step.
INSERT INTO reminders_reminder (
    customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
    next_attempt_at, state, reason, planned_at
)
SELECT
    loan.customer_id, instalment.id, slot.step_id, slot.step_version_id, slot.due_date, slot.send_at,
    slot.expires_at, slot.send_at, 'planned', '', slot.send_at
FROM slot
JOIN accounts_instalment AS instalment
    ON instalment.due_date = slot.due_date AND instalment.settled_at IS NULL
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id AND loan.status = 'active'
JOIN accounts_customer AS customer ON customer.id = loan.customer_id
ON CONFLICT (instalment_id, step_id) DO NOTHING
