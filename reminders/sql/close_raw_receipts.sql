-- Callbacks, held by the caller, that were read; with what could not be read in them, one array
-- element each.
UPDATE reminders_rawreceipt AS raw
SET applied_at = %(now)s, problem = done.problem
FROM unnest(%(ids)b::bigint[], %(problems)b::text[]) AS done (id, problem)
WHERE raw.id = done.id
