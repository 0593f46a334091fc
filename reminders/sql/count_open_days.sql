-- Texts and decisions by state in the spans of time that no closed day covers (arrays of begins and ends).
SELECT 'text' AS kind, message.state, count(*)
FROM
    unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS span (begins, ends)
    JOIN reminders_message AS message
        ON message.opened_at >= span.begins AND message.opened_at < span.ends
GROUP BY message.state
UNION ALL
SELECT 'decision', reminder.state, count(*)
FROM
    unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS span (begins, ends)
    JOIN reminders_reminder AS reminder
        ON reminder.decided_at >= span.begins AND reminder.decided_at < span.ends
WHERE reminder.state <> 'planned'
GROUP BY reminder.state
