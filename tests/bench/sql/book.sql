-- A book of n borrowers, written set by set. Triggers and foreign-key checks are off: the rows fit each
-- other by construction. Everybody is in Shanghai; `today` is the Tuesday of the measurement.
--
-- Of the borrowers 80 % have an instalment due tomorrow, 10 % today and 10 % yesterday, each with one
-- before it that is paid and one after it that is far; one in 20 has a second loan that is due on the
-- same day. Two in 100 are on hold, two in 100 refuse, one in 100 has paid ahead. The last
-- `spare` borrowers have nothing due for ten days: texts by hand are for them.
-- A table `seal` (number, encrypted, hash, masked) has their addresses.
SET LOCAL session_replication_role = replica;

CREATE TEMPORARY TABLE person ON COMMIT DROP AS
SELECT
    g AS id,
    CASE
        WHEN g > %(n)s - %(spare)s THEN DATE %(today)s + 10
        WHEN g %% 10 = 8 THEN DATE %(today)s
        WHEN g %% 10 = 9 THEN DATE %(today)s - 1
        ELSE DATE %(today)s + 1
    END AS due_date,
    (300 + hashint4(g) %% 200)::numeric(18, 2) AS amount,
    g %% 100 = 97 AS is_held,
    g %% 100 = 87 AS refuses,
    g %% 100 = 77 AS has_paid_ahead
FROM generate_series(1, %(n)s) AS g;

INSERT INTO accounts_customer (
    id, customer_no, name, language, timezone, segment, is_demonstration, created_at, updated_at
)
SELECT
    id,
    'C' || lpad(id::text, 8, '0'),
    (ARRAY['王', '李', '张', '刘', '陈', '杨', '赵', '黄', '周', '吴'])[1 + id %% 10]
    || (ARRAY['伟', '芳', '敏', '静', '强', '建国', '浩然'])[1 + id / 10 %% 7],
    'zh-hans',
    'Asia/Shanghai',
    'standard',
    TRUE,
    %(now)s,
    %(now)s
FROM person;

INSERT INTO accounts_contactpoint (
    customer_id, channel, address_encrypted, address_hash, address_masked, is_current,
    unusable_reason, created_at
)
SELECT number, 'sms', encrypted, hash, masked, TRUE, '', %(now)s FROM seal;

INSERT INTO accounts_consentevent (
    customer_id, channel, purpose, granted, source, happened_at, recorded_at
)
SELECT id, '', '', NOT refuses, 'import', TIMESTAMPTZ %(now)s - INTERVAL '60 days', %(now)s FROM person;

INSERT INTO accounts_riskassessment (customer_id, tier, reasons, source, assessed_at)
SELECT
    id,
    -- Only who is at some risk hears on the day itself: those who are due then are.
    CASE WHEN id %% 10 = 8 OR id %% 3 = 1 THEN 'medium' WHEN id %% 3 = 2 THEN 'high' ELSE 'low' END,
    '[]',
    'rules',
    %(now)s
FROM person;

CREATE TEMPORARY TABLE lent ON COMMIT DROP AS
SELECT id, id AS customer_id, due_date, amount, has_paid_ahead FROM person
UNION ALL
SELECT %(n)s + id / 20, id, due_date, amount, has_paid_ahead FROM person WHERE id %% 20 = 0;

INSERT INTO accounts_loan (
    id, loan_no, customer_id, product, principal, currency, opened_on, penalty_daily_rate,
    grace_days, status, credit, created_at, updated_at
)
SELECT
    id, 'L' || lpad(id::text, 8, '0'), customer_id, 'cash', amount * 3, 'CNY',
    due_date - 60, 0.0005, 0, 'active', 0, %(now)s, %(now)s
FROM lent;

INSERT INTO accounts_instalment (id, loan_id, seq, due_date, amount_due, paid, settled_at)
SELECT
    3 * (lent.id - 1) + seq,
    lent.id,
    seq,
    lent.due_date + (seq - 2) * 30,
    lent.amount,
    CASE WHEN is_paid THEN lent.amount ELSE 0 END,
    CASE WHEN is_paid THEN TIMESTAMPTZ %(now)s - INTERVAL '5 days' END
FROM lent
CROSS JOIN generate_series(1, 3) AS seq
CROSS JOIN LATERAL (SELECT seq = 1 OR (seq = 2 AND lent.has_paid_ahead)) AS paid (is_paid);

INSERT INTO accounts_payment (id, payment_no, loan_id, paid_at, amount, recorded_at)
SELECT
    id, 'P' || lpad(id::text, 8, '0'), id, TIMESTAMPTZ %(now)s - INTERVAL '5 days',
    CASE WHEN has_paid_ahead THEN amount * 2 ELSE amount END, %(now)s
FROM lent;

INSERT INTO accounts_allocation (payment_id, instalment_id, amount)
SELECT lent.id, 3 * (lent.id - 1) + seq, lent.amount
FROM lent
CROSS JOIN generate_series(1, 2) AS seq
WHERE seq = 1 OR lent.has_paid_ahead;

INSERT INTO accounts_hold (customer_id, kind, from_at, until_at, reason, placed_at)
SELECT id, 'dispute', TIMESTAMPTZ %(now)s - INTERVAL '3 days', TIMESTAMPTZ %(now)s + INTERVAL '30 days', '', %(now)s
FROM person
WHERE is_held;

SELECT
    setval(pg_get_serial_sequence('accounts_customer', 'id'), %(n)s),
    setval(pg_get_serial_sequence('accounts_loan', 'id'), (SELECT max(id) FROM lent)),
    setval(pg_get_serial_sequence('accounts_instalment', 'id'), 3 * (SELECT max(id) FROM lent)),
    setval(pg_get_serial_sequence('accounts_payment', 'id'), (SELECT max(id) FROM lent));
