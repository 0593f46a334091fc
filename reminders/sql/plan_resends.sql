-- These messages just ended: the carrier could not deliver them for the time being. Their reminders
-- are decided afresh after a wait, if there is one left for them and they are still true by then; the
-- text that follows is a message of its own. Not if the gateway broke its word about the message or any
-- call for it may have left a second text there, and not if this or an earlier text is known to have
-- arrived after all.
-- Returns the reminders.
WITH failed AS (
    SELECT reminder.id, reminder.message_id, reminder.expires_at, count(earlier.id) AS sent_before
    FROM reminders_message AS message
    JOIN reminders_reminder AS reminder ON reminder.message_id = message.id
    LEFT JOIN reminders_earliertext AS earlier ON earlier.reminder_id = reminder.id
    WHERE
        message.id = ANY(%(message_ids)s::bigint[])
        AND message.state = 'undelivered'
        AND message.may_have_reached_at IS NULL
        AND reminder.state = 'messaged'
        AND EXISTS (
            SELECT 1
            FROM reminders_attempt AS attempt
            WHERE attempt.message_id = message.id AND attempt.outcome = 'accepted'
        )
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_attempt AS attempt
            WHERE attempt.message_id = message.id AND attempt.outcome IN ('open', 'unclear')
        )
        AND NOT EXISTS (
            SELECT 1
            FROM reminders_earliertext AS before_it
            JOIN reminders_message AS arrived ON arrived.id = before_it.message_id
            WHERE
                before_it.reminder_id = reminder.id AND arrived.may_have_reached_at IS NOT NULL
        )
    GROUP BY reminder.id
), next_try AS (
    SELECT
        failed.*,
        %(now)s + (%(waits)s::interval[])[failed.sent_before + 1] AS next_attempt_at
    FROM failed
), again AS (
    UPDATE reminders_reminder AS reminder
    SET
        state = 'planned',
        reason = 'undelivered',
        detail = NULL,
        next_attempt_at = next_try.next_attempt_at
    FROM next_try
    WHERE
        reminder.id = next_try.id
        AND reminder.state = 'messaged'
        -- Beyond the last wait there is no time, and the comparison is not true.
        AND next_try.next_attempt_at < next_try.expires_at
    RETURNING reminder.id, next_try.message_id, next_try.sent_before
)
INSERT INTO reminders_earliertext (reminder_id, message_id, number, planned_again_at)
SELECT id, message_id, sent_before + 1, %(now)s FROM again
RETURNING reminder_id
