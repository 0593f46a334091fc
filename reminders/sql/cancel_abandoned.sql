-- A message that waits for another try ends when no reminder waits with it any more.
UPDATE reminders_message AS message
SET state = 'cancelled', reason = 'no_longer_wanted', ended_at = %(now)s
WHERE
    message.id = ANY(%(ids)s::bigint[])
    AND message.state = 'waiting'
    AND NOT EXISTS (
        SELECT 1 FROM reminders_reminder AS reminder
        WHERE reminder.message_id = message.id AND reminder.state = 'planned'
    )
