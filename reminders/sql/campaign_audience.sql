-- The next borrowers of a campaign's audience, by number: who has an active loan, a risk tier and a segment
-- that it is for, and no reminder of it that was not cancelled. Whether they owe anything overdue, have
-- agreed, and may be written to is decided when it speaks.
-- Parameters: campaign_id, tiers, tier_before_assessment, segments (none means all), timezones (the known
-- ones), after (a customer's id) and limit.
SELECT customer.id, customer.timezone
FROM accounts_customer AS customer
LEFT JOIN accounts_riskassessment AS risk ON risk.customer_id = customer.id
WHERE
    customer.id > %(after)s
    AND coalesce(risk.tier, %(tier_before_assessment)s) = ANY(%(tiers)s::text[])
    AND (cardinality(%(segments)s::text[]) = 0 OR customer.segment = ANY(%(segments)s::text[]))
    AND customer.timezone = ANY(%(timezones)s::text[])
    AND EXISTS (
        SELECT FROM accounts_loan AS loan
        WHERE loan.customer_id = customer.id AND loan.status = 'active'
    )
    AND NOT EXISTS (
        SELECT FROM reminders_reminder AS known
        WHERE
            known.campaign_id = %(campaign_id)s
            AND known.customer_id = customer.id
            AND known.state <> 'cancelled'
    )
ORDER BY customer.id
LIMIT %(limit)s
