-- The reminders of a day by step, by what became of them so far, and by reason: those that were decided on
-- it, and those that wait for it. What was put off beyond the day is still one of its reminders. A reminder
-- that is in a text has the state of the text. No reminder comes twice.
WITH run AS (
    SELECT
        reminder.step_id,
        coalesce(message.state, 'not_sent') AS part,
        reminder.reason
    FROM reminders_reminder AS reminder
    LEFT JOIN reminders_message AS message
        ON message.id = reminder.message_id AND reminder.state = 'messaged'
    WHERE
        reminder.decided_at >= %(begins)s
        AND reminder.decided_at < %(ends)s
        AND reminder.state <> 'planned'
    UNION ALL
    SELECT
        waiting.step_id,
        CASE
            WHEN waiting.next_attempt_at <= %(now)s THEN 'due'
            WHEN waiting.reason = '' THEN 'to_come'
            ELSE 'put_off'
        END,
        waiting.reason
    FROM (
        SELECT step_id, next_attempt_at, reason
        FROM reminders_reminder
        WHERE state = 'planned' AND next_attempt_at < %(ends)s
        UNION ALL
        SELECT step_id, next_attempt_at, reason
        FROM reminders_reminder
        WHERE
            state = 'planned'
            AND next_attempt_at >= %(ends)s
            AND decided_at >= %(begins)s
            AND decided_at < %(ends)s
    ) AS waiting
)
SELECT step_id, part, reason, count(*)
FROM run
GROUP BY step_id, part, reason
