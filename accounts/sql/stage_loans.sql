-- The rows of loans.csv that passed their checks, for the length of one transaction.
DROP TABLE IF EXISTS stage_loan;
CREATE TEMPORARY TABLE stage_loan (
    line integer NOT NULL,
    loan_no text NOT NULL,
    customer_no text NOT NULL,
    product text NOT NULL,
    principal numeric(18, 2) NOT NULL,
    currency text NOT NULL,
    opened_on date NOT NULL,
    annual_rate numeric(9, 6),
    penalty_daily_rate numeric(9, 6) NOT NULL DEFAULT 0,
    grace_days smallint NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'active'
) ON COMMIT DROP;
