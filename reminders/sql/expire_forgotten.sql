-- Planned, long past their end, and never looked at: their borrower's claim fails again and again, or
-- nobody claims. No text can come of them any more, so they end as a claim would end them. What a claim
-- has locked is left to it.
UPDATE reminders_reminder AS reminder
SET
    state = 'expired',
    reason = 'too_late',
    detail = jsonb_build_object('true_until', reminder.expires_at),
    decided_at = %(now)s
FROM (
    SELECT id
    FROM reminders_reminder
    WHERE
        state = 'planned'
        AND next_attempt_at <= %(expired_before)s
        AND expires_at <= %(expired_before)s
    ORDER BY next_attempt_at
    LIMIT %(limit)s
    FOR NO KEY UPDATE SKIP LOCKED
) AS forgotten
WHERE reminder.id = forgotten.id
