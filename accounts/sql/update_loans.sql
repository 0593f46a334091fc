-- Takes over what differs in loans that were known. Columns that the file lacks stay as they are.
-- Parameters: has_annual_rate, has_penalty_daily_rate, has_grace_days, has_status, now.
UPDATE accounts_loan l
SET product = b.product,
    principal = b.principal,
    currency = b.currency,
    opened_on = b.opened_on,
    annual_rate = CASE WHEN %(has_annual_rate)s THEN b.annual_rate ELSE l.annual_rate END,
    penalty_daily_rate = CASE WHEN %(has_penalty_daily_rate)s
                              THEN b.penalty_daily_rate ELSE l.penalty_daily_rate END,
    grace_days = CASE WHEN %(has_grace_days)s THEN b.grace_days ELSE l.grace_days END,
    status = CASE WHEN %(has_status)s THEN b.status ELSE l.status END,
    updated_at = %(now)s
FROM book_loan b
WHERE l.id = b.loan_id AND b.differs AND NOT b.is_new AND b.problem IS NULL
