-- Of these borrowers, the reminders of which an earlier text may have arrived after all: they are not
-- sent again. At most one text that may have reached the phone, also where carriers contradict
-- themselves.
UPDATE reminders_reminder AS reminder
SET state = 'messaged', reason = '', detail = NULL, message_id = arrived.message_id
FROM (
    SELECT planned.id, max(message.id) AS message_id
    FROM reminders_reminder AS planned
    JOIN reminders_earliertext AS earlier ON earlier.reminder_id = planned.id
    JOIN reminders_message AS message ON message.id = earlier.message_id
    WHERE
        planned.customer_id = ANY(%(customer_ids)b::bigint[])
        AND planned.state = 'planned'
        AND message.may_have_reached_at IS NOT NULL
    GROUP BY planned.id
) AS arrived
WHERE reminder.id = arrived.id AND reminder.state = 'planned'
