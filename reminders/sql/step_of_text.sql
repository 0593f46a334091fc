-- The step that speaks in a text, as texts_by_kind.sql has it; an expression beside reminders_message.
(
    SELECT coalesce(
        said.step_id::text,
        CASE WHEN said.campaign_id IS NULL THEN 'by_hand' ELSE 'campaign' END
    )
    FROM (
        SELECT reminder.id, reminder.step_id, reminder.campaign_id, reminder.send_at
        FROM reminders_reminder AS reminder
        WHERE reminder.message_id = reminders_message.id
        UNION ALL
        SELECT reminder.id, reminder.step_id, reminder.campaign_id, reminder.send_at
        FROM reminders_earliertext AS earlier
        JOIN reminders_reminder AS reminder ON reminder.id = earlier.reminder_id
        WHERE earlier.message_id = reminders_message.id
    ) AS said
    ORDER BY said.step_id IS NULL DESC, said.send_at DESC, said.id DESC
    LIMIT 1
)
