-- Adds the addresses that were never seen for their customer. Parameters: now.
INSERT INTO accounts_contactpoint
    (customer_id, channel, address_encrypted, address_hash, address_masked, is_current,
     unusable_reason, created_at)
SELECT customer_id, channel, encrypted, hash, masked, true, '', %(now)s
FROM book_point
WHERE point_id IS NULL
