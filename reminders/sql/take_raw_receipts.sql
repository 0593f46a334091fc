-- The next callbacks to read beyond `after`, oldest first, locked; what others hold is passed over.
SELECT id, gateway, body, received_at
FROM reminders_rawreceipt
WHERE applied_at IS NULL AND id > %(after)s
ORDER BY id
LIMIT %(limit)s
FOR NO KEY UPDATE SKIP LOCKED
