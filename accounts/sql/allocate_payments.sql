-- Allocates the payments of the given loans anew, and writes only what differs.
-- The rule is accounts.core.instalments.allocate: each loan's instalments, oldest due date
-- first, and its payments, in the order in which they came, are laid end to end as intervals of
-- money; where an instalment and a payment overlap, that much of the payment went to it.
-- Parameters: loan_ids (bigint[]) and their smallest and largest, first_id and last_id.
-- The caller holds locks on these loans.
--
-- Two things keep the cost of a slice of loans the same on a book of any size. LATERAL with
-- OFFSET 0 makes the planner look each loan up by index, and count its rows rightly: joined
-- plainly it read all instalments of the book, or took thirty thousand rows for three hundred and
-- compared each with each. The range of ids lets the updates read neighbours only.
-- See Note [Paid amounts are derived].
WITH
touched AS MATERIALIZED (
    SELECT unnest(%(loan_ids)s::bigint[]) AS loan_id
),
due AS MATERIALIZED (
    SELECT i.id, i.loan_id, i.amount_due, i.paid, i.settled_at,
           sum(i.amount_due) OVER whole AS upto
    FROM touched t
    CROSS JOIN LATERAL (
        SELECT * FROM accounts_instalment WHERE loan_id = t.loan_id OFFSET 0
    ) i
    WINDOW whole AS (PARTITION BY i.loan_id ORDER BY i.due_date, i.seq)
),
money AS MATERIALIZED (
    SELECT p.id, p.loan_id, p.amount, p.paid_at,
           sum(p.amount) OVER whole AS upto
    FROM touched t
    CROSS JOIN LATERAL (
        SELECT * FROM accounts_payment WHERE loan_id = t.loan_id OFFSET 0
    ) p
    -- Collation C is the order in which Python compares texts.
    WINDOW whole AS (PARTITION BY p.loan_id ORDER BY p.paid_at, p.payment_no COLLATE "C")
),
wanted AS MATERIALIZED (
    SELECT money.id AS payment_id, due.id AS instalment_id, money.paid_at,
           least(due.upto, money.upto)
           - greatest(due.upto - due.amount_due, money.upto - money.amount) AS amount
    FROM due
    JOIN money USING (loan_id)
    WHERE due.upto - due.amount_due < money.upto
      AND money.upto - money.amount < due.upto
),
present AS MATERIALIZED (
    SELECT a.id, a.payment_id, a.instalment_id, a.amount
    FROM due
    CROSS JOIN LATERAL (
        SELECT * FROM accounts_allocation WHERE instalment_id = due.id OFFSET 0
    ) a
),
removed AS (
    DELETE FROM accounts_allocation a
    USING present
    LEFT JOIN wanted USING (payment_id, instalment_id)
    WHERE a.id = present.id AND wanted.payment_id IS NULL
    RETURNING a.id
),
corrected AS (
    UPDATE accounts_allocation a
    SET amount = wanted.amount
    FROM present
    JOIN wanted USING (payment_id, instalment_id)
    WHERE a.id = present.id AND present.amount <> wanted.amount
    RETURNING a.id
),
added AS (
    INSERT INTO accounts_allocation (payment_id, instalment_id, amount)
    SELECT wanted.payment_id, wanted.instalment_id, wanted.amount
    FROM wanted
    LEFT JOIN present USING (payment_id, instalment_id)
    WHERE present.id IS NULL
    RETURNING id
),
sums AS (
    SELECT instalment_id, sum(amount) AS paid, max(paid_at) AS last_paid_at
    FROM wanted
    GROUP BY instalment_id
),
result AS (
    SELECT due.id, coalesce(sums.paid, 0) AS paid,
           CASE WHEN sums.paid = due.amount_due THEN sums.last_paid_at END AS settled_at
    FROM due
    LEFT JOIN sums ON sums.instalment_id = due.id
    WHERE (due.paid, due.settled_at) IS DISTINCT FROM (
        coalesce(sums.paid, 0),
        CASE WHEN sums.paid = due.amount_due THEN sums.last_paid_at END
    )
),
repaid AS (
    UPDATE accounts_instalment i
    SET paid = result.paid, settled_at = result.settled_at
    FROM result
    WHERE i.id = result.id AND i.loan_id BETWEEN %(first_id)s AND %(last_id)s
    RETURNING i.id
),
balance AS (
    SELECT t.loan_id, greatest(coalesce(paid.total, 0) - coalesce(billed.total, 0), 0) AS credit
    FROM touched t
    LEFT JOIN (SELECT loan_id, max(upto) AS total FROM money GROUP BY loan_id) paid
        USING (loan_id)
    LEFT JOIN (SELECT loan_id, max(upto) AS total FROM due GROUP BY loan_id) billed
        USING (loan_id)
),
credited AS (
    UPDATE accounts_loan l
    SET credit = balance.credit
    FROM balance
    WHERE l.id = balance.loan_id
      AND l.id BETWEEN %(first_id)s AND %(last_id)s
      AND l.credit <> balance.credit
    RETURNING l.id
)
SELECT (SELECT count(*) FROM repaid) AS instalments_changed,
       (SELECT count(*) FROM credited) AS loans_credited,
       (SELECT count(*) FROM added)
       + (SELECT count(*) FROM corrected)
       + (SELECT count(*) FROM removed) AS allocations_changed
