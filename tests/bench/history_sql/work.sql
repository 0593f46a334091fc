-- What waits for staff: of a hundred borrowers one has a dead number, found within 60 days, and three promised to
-- pay by a day within the last 60 or the next two. Parameters: now.
UPDATE accounts_contactpoint
SET
    unusable_since = %(now)s - make_interval(mins => (hashint8(id) & 2147483647) %% 86400),
    unusable_reason = 'number_dead'
WHERE customer_id %% 100 = 7;

INSERT INTO accounts_hold (customer_id, kind, from_at, until_at, reason, amount, placed_at, is_undone)
SELECT
    id,
    'promise_to_pay',
    given.at,
    given.at + interval '4 days',
    'said so on the phone',
    100 + id %% 900,
    given.at,
    FALSE
FROM accounts_customer
CROSS JOIN LATERAL (
    SELECT %(now)s - make_interval(mins => (hashint8(id) & 2147483647) %% 86400) - interval '2 days' AS at
) AS given
WHERE id %% 100 IN (11, 12, 13);
