-- The instalments of one month: each loan has one, on the day of the month that its place in turn gives
-- it. What fell due is paid in 19 of 20 cases, a few days before or after, the month's last ones not yet.
INSERT INTO accounts_instalment (
    id, loan_id, seq, due_date, amount_due, principal, interest, fee, paid, settled_at
)
SELECT
    id, loan_id, seq, due_date, amount, NULL, NULL, NULL,
    CASE WHEN settled_on <= %(until)s THEN amount ELSE 0 END,
    CASE WHEN settled_on <= %(until)s THEN settled_on + interval '5 hours' END
FROM (
    SELECT
        %(month_no)s::bigint * %(loans)s + n AS id,
        n AS loan_id,
        %(month_no)s + 1 AS seq,
        due_date,
        (30000 + (chance & 65535))::numeric / 100 AS amount,
        CASE
            WHEN (chance >> 20) %% 20 > 0 THEN due_date + ((chance >> 26) %% 12 - 6)::int
            ELSE 'infinity'::date
        END AS settled_on
    FROM
        generate_series(1, %(loans)s::bigint) AS n
        CROSS JOIN LATERAL (
            SELECT
                hashint8extended(n * 64 + %(month_no)s, %(seed)s) & 1099511627775 AS chance,
                %(month)s::date + (%(days)s::int[])[1 + n %% %(turns)s] - 1 AS due_date
        ) AS drawn
) AS instalment
