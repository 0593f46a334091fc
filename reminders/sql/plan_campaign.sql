-- Stores a reminder for the next borrowers of a campaign's audience, all for one day. One that was cancelled
-- when the campaign was stopped comes back; whatever else was decided stays as it is (P1, P10).
-- Parameters: those of `campaign_audience`; day; send_ats and expires_ats, one for each of timezones; now.
-- Returns how many borrowers were found, the last of them, and how many reminders were stored.
WITH wanted AS (
    {campaign_audience}
), stored AS (
    INSERT INTO reminders_reminder AS reminder (
        customer_id, campaign_id, due_date, send_at, expires_at, next_attempt_at, lane, state,
        reason, planned_at
    )
    SELECT
        wanted.id, %(campaign_id)s, %(day)s, slot.send_at, slot.expires_at, slot.send_at, 2,
        'planned', '', %(now)s
    FROM wanted
    JOIN unnest(
        %(timezones)s::text[], %(send_ats)s::timestamptz[], %(expires_ats)s::timestamptz[]
    ) AS slot (timezone, send_at, expires_at) ON slot.timezone = wanted.timezone
    ON CONFLICT (campaign_id, customer_id) WHERE campaign_id IS NOT NULL DO UPDATE SET
        due_date = excluded.due_date,
        send_at = excluded.send_at,
        expires_at = excluded.expires_at,
        next_attempt_at = excluded.next_attempt_at,
        lane = excluded.lane,
        state = 'planned',
        reason = '',
        detail = NULL,
        decided_at = NULL,
        planned_at = excluded.planned_at,
        message_id = NULL
    WHERE reminder.state = 'cancelled'
    RETURNING reminder.id
)
SELECT
    (SELECT count(*) FROM wanted) AS found,
    (SELECT max(id) FROM wanted) AS last,
    (SELECT count(*) FROM stored) AS stored
