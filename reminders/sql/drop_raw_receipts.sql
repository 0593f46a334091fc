-- Looks at the oldest callbacks, `slice` of them, and deletes those that were read and came before
-- `before`. What nobody has read yet is kept. Ids grow with time, so no index on the time is needed,
-- and where nothing is old this costs one short scan.
DELETE FROM reminders_rawreceipt
WHERE id IN (
    SELECT oldest.id
    FROM (
        SELECT id, received_at, applied_at
        FROM reminders_rawreceipt
        ORDER BY id
        LIMIT %(slice)s
    ) AS oldest
    WHERE oldest.received_at < %(before)s AND oldest.applied_at IS NOT NULL
)
