-- Counts a day and closes it (Note [Closed days]), unless a text of it is still under way. Late changes
-- were taken away by an earlier statement of the same transaction, so whatever they told of is seen here.
-- Returns a row if the day was closed.
WITH counted AS MATERIALIZED (
    SELECT 'text' AS kind, message.state, '' AS reason, count(*) AS rows
    FROM reminders_message AS message
    WHERE message.opened_at >= %(begins)s AND message.opened_at < %(ends)s
    GROUP BY message.state
    UNION ALL
    SELECT 'decision', reminder.state, reminder.reason, count(*)
    FROM reminders_reminder AS reminder
    WHERE
        reminder.decided_at >= %(begins)s
        AND reminder.decided_at < %(ends)s
        AND reminder.state <> 'planned'
    GROUP BY reminder.state, reminder.reason
), closed AS (
    INSERT INTO reminders_closedday (day, zone, begins_at, ends_at, counted_at)
    SELECT %(day)s, %(zone)s, %(begins)s, %(ends)s, %(now)s
    WHERE
        NOT EXISTS (
            SELECT 1
            FROM counted
            WHERE kind = 'text' AND state IN ('sending', 'waiting', 'accepted')
        )
    RETURNING id
), stored AS (
    INSERT INTO reminders_dayfact (closed_day_id, kind, state, reason, count)
    SELECT closed.id, counted.kind, counted.state, counted.reason, counted.rows
    FROM closed CROSS JOIN counted
)
SELECT id FROM closed
