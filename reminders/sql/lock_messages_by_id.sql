-- These messages, locked until the end of the transaction in order of id like `lock_messages`, so that
-- whoever else wants some of them waits and cannot deadlock. What follows then reads them as they are.
SELECT id FROM reminders_message WHERE id = ANY(%(ids)b::bigint[]) ORDER BY id FOR NO KEY UPDATE
