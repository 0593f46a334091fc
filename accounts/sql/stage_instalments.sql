-- The rows of instalments.csv that passed their checks, for the length of one transaction.
DROP TABLE IF EXISTS stage_instalment;
CREATE TEMPORARY TABLE stage_instalment (
    line integer NOT NULL,
    loan_no text NOT NULL,
    seq integer NOT NULL,
    due_date date NOT NULL,
    amount_due numeric(18, 2) NOT NULL,
    principal numeric(18, 2),
    interest numeric(18, 2),
    fee numeric(18, 2)
) ON COMMIT DROP;
