-- Makes addresses that were used before current again; one marked unusable stays marked.
UPDATE accounts_contactpoint p
SET is_current = true
FROM book_point b
WHERE p.id = b.point_id
