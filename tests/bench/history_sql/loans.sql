-- Loan number `n` of `loans`: the first ones are one for each borrower, the others are second loans.
INSERT INTO accounts_loan (
    id, loan_no, customer_id, product, principal, currency, opened_on, annual_rate,
    penalty_daily_rate, grace_days, status, credit, created_at, updated_at
)
SELECT
    n,
    'L' || to_char(hashint8extended(n, %(seed)s) & 8191, 'FM0000') || lpad(n::text, 7, '0'),
    CASE WHEN n <= %(customers)s THEN n ELSE n * 7919 %% %(customers)s + 1 END,
    (ARRAY['cash', 'phone', 'cash', 'car'])[1 + (n & 3)],
    12000,
    'CNY',
    %(opened_on)s,
    0.18,
    0.0005,
    3,
    'active',
    0,
    %(now)s,
    %(now)s
FROM generate_series(1, %(loans)s::bigint) AS n
