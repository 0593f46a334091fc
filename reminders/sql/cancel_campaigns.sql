-- Cancels what is planned of campaigns that were stopped, or was planned before one was published anew.
-- What waits in a message after a busy gateway is decided by the claim instead. Parameters: limit, the most
-- that one transaction cancels, and now.
UPDATE reminders_reminder AS reminder
SET state = 'cancelled', reason = 'campaign_stopped', decided_at = %(now)s
FROM (
    SELECT waiting.id
    FROM reminders_campaign AS campaign
    JOIN reminders_reminder AS waiting
        ON waiting.campaign_id = campaign.id AND waiting.state = 'planned'
    WHERE
        waiting.message_id IS NULL
        AND (campaign.state <> 'published' OR waiting.planned_at < campaign.published_at)
    LIMIT %(limit)s
    FOR NO KEY UPDATE OF waiting
) AS withdrawn
WHERE reminder.id = withdrawn.id
