-- Messages that had ended otherwise, and of which the gateway now says that it took or delivered them.
-- Their end stands; they count as contacts. The first such word counts.
UPDATE reminders_message
SET may_have_reached_at = %(now)s
WHERE id = ANY(%(ids)s::bigint[]) AND may_have_reached_at IS NULL
