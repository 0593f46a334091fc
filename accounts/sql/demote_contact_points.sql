-- Keeps the addresses that are being replaced as history.
UPDATE accounts_contactpoint p
SET is_current = false
FROM book_point b
WHERE p.customer_id = b.customer_id
  AND p.channel = b.channel
  AND p.is_current
  AND NOT b.is_new
