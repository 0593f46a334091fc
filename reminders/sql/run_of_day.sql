-- The reminders of a day by what speaks in them (the number of a step, "by_hand" or "campaign"), by what
-- became of them so far, and by reason: those that were decided on it, and those that wait for it. What was
-- put off beyond the day is still one of its reminders. A reminder that is in a text has the state of the text.
-- No reminder comes twice.
WITH run AS (
    SELECT
        reminder.step_id,
        reminder.campaign_id IS NOT NULL AS is_of_campaign,
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
        waiting.campaign_id IS NOT NULL,
        CASE
            WHEN waiting.next_attempt_at <= %(now)s THEN 'due'
            WHEN waiting.reason = '' THEN 'to_come'
            ELSE 'put_off'
        END,
        waiting.reason
    FROM (
        SELECT step_id, campaign_id, next_attempt_at, reason
        FROM reminders_reminder
        WHERE state = 'planned' AND next_attempt_at < %(ends)s
        UNION ALL
        SELECT step_id, campaign_id, next_attempt_at, reason
        FROM reminders_reminder
        WHERE
            state = 'planned'
            AND next_attempt_at >= %(ends)s
            AND decided_at >= %(begins)s
            AND decided_at < %(ends)s
    ) AS waiting
)
SELECT
    coalesce(step_id::text, CASE WHEN is_of_campaign THEN 'campaign' ELSE 'by_hand' END) AS step,
    part,
    reason,
    count(*)
FROM run
GROUP BY step_id, is_of_campaign, part, reason
