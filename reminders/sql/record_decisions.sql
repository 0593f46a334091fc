-- Writes the verdicts on a batch of reminders, one array element each. What is cancelled may come back
-- for another date; what may have left once, or was sent in vain, may not, and is skipped instead.
UPDATE reminders_reminder AS reminder
SET
    state = CASE
        WHEN verdict.state <> 'cancelled' THEN verdict.state
        WHEN EXISTS (
            SELECT 1 FROM reminders_earliertext AS earlier WHERE earlier.reminder_id = reminder.id
        ) THEN 'skipped'
        WHEN EXISTS (
            SELECT 1
            FROM reminders_attempt AS attempt
            WHERE attempt.message_id = reminder.message_id AND attempt.outcome = 'unclear'
        ) THEN 'skipped'
        ELSE 'cancelled'
    END,
    reason = verdict.reason,
    detail = verdict.detail::jsonb,
    trace = verdict.trace::jsonb,
    next_attempt_at = coalesce(verdict.next_attempt_at, reminder.next_attempt_at),
    message_id = coalesce(verdict.message_id, reminder.message_id),
    decided_at = %(now)s
FROM unnest(
    %(ids)b::bigint[], %(states)b::text[], %(reasons)b::text[], %(details)b::text[],
    %(next_attempt_ats)b::timestamptz[], %(message_ids)b::bigint[],
    %(traces)b::text[]
) AS verdict (id, state, reason, detail, next_attempt_at, message_id, trace)
WHERE reminder.id = verdict.id AND reminder.state = 'planned'
