-- The rows of payments.csv that passed their checks, for the length of one transaction.
DROP TABLE IF EXISTS stage_payment;
CREATE TEMPORARY TABLE stage_payment (
    line integer NOT NULL,
    payment_no text NOT NULL,
    loan_no text NOT NULL,
    paid_at timestamptz NOT NULL,
    amount numeric(18, 2) NOT NULL
) ON COMMIT DROP;
