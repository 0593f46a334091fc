-- A history of `each` reminders for every settled instalment: sent, delivered and receipted, the last two
-- weeks ago. One text in fifty was sent again after the carrier had failed. Beside it thousands of imports.
-- Triggers and foreign-key checks are off: the rows fit each other by construction. The steps are of
-- policies that are long gone.
SET LOCAL session_replication_role = replica;

CREATE TEMPORARY TABLE said ON COMMIT DROP AS
SELECT
    row_number() OVER (ORDER BY step.number, instalment.id) AS id,
    instalment.id AS instalment_id,
    instalment.due_date,
    loan.customer_id,
    point.id AS contact_point_id,
    step.number AS step_id,
    %(now)s - INTERVAL '14 days' - step.number * INTERVAL '60 days' AS at
FROM accounts_instalment AS instalment
JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
JOIN accounts_contactpoint AS point ON point.customer_id = loan.customer_id
CROSS JOIN generate_series(1, %(each)s) AS step (number)
WHERE instalment.settled_at IS NOT NULL;

ANALYZE said;

INSERT INTO reminders_message (
    id, customer_id, contact_point_id, reference, channel, gateway, stage, purpose,
    template_version_id, language, tone, body, parts, price, price_currency, amount, currency,
    state, reason, opened_at, accepted_at, ended_at
)
SELECT
    id, customer_id, contact_point_id, gen_random_uuid(), 'sms', 'simulator', 'before', 'service',
    (SELECT min(id) FROM reminders_templateversion), 'zh-hans', 'neutral',
    repeat('字', 60), 1, 0.045, 'CNY', 300, 'CNY', 'delivered', '', at, at, at
FROM said;

INSERT INTO reminders_attempt (
    message_id, number, gateway, opened_at, closed_at, outcome, code, provider_id
)
SELECT id, 1, 'simulator', at, at, 'accepted', '', 'p' || id FROM said;

INSERT INTO reminders_reminder (
    id, customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
    next_attempt_at, lane, state, reason, planned_at, decided_at, message_id
)
SELECT
    id, customer_id, instalment_id, 1000000 + step_id, 1000000 + step_id, due_date, at,
    at + INTERVAL '1 day', at, 2, 'messaged', '', at, at, id
FROM said;

INSERT INTO reminders_receipt (
    gateway, event, message_id, reference, status, code, happened_at, received_at, effect
)
SELECT 'simulator', 'old' || id, id, id::text, 'delivered', '', at, at, 'applied' FROM said;

INSERT INTO reminders_rawreceipt (gateway, body, received_at, applied_at, problem)
SELECT 'simulator', repeat('x', 200), at, at, '' FROM said;

INSERT INTO reminders_earliertext (reminder_id, message_id, number, planned_again_at)
SELECT id, id, 1, at FROM said WHERE id %% 50 = 0;

INSERT INTO accounts_importrun (source, started_at, finished_at, summary)
SELECT 'book', at, at + INTERVAL '1 minute', '{"files": {"payments.csv": {"new": 1}}}'
FROM generate_series(%(now)s - INTERVAL '3000 hours', %(now)s, INTERVAL '1 hour') AS day (at)
ORDER BY at;

SELECT
    setval(pg_get_serial_sequence('reminders_message', 'id'), max(id)),
    setval(pg_get_serial_sequence('reminders_reminder', 'id'), max(id))
FROM said
