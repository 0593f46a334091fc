-- Messages that wait for another try although no reminder waits with them any more: all of theirs were
-- decided elsewhere, expired, or stopped because an earlier text arrived after all.
UPDATE reminders_message AS message
SET state = 'cancelled', reason = 'no_longer_wanted', ended_at = %(now)s
FROM (
    SELECT waiting.id
    FROM reminders_message AS waiting
    WHERE
        waiting.state = 'waiting'
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_reminder AS reminder
            WHERE reminder.message_id = waiting.id AND reminder.state = 'planned'
        )
    FOR NO KEY UPDATE OF waiting SKIP LOCKED
) AS abandoned
WHERE message.id = abandoned.id AND message.state = 'waiting'
