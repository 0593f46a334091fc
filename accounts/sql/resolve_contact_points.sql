-- Collects the addresses that are to become current, with the row of those once used before.
DROP TABLE IF EXISTS book_point;
CREATE TEMPORARY TABLE book_point ON COMMIT DROP AS
SELECT b.customer_id, b.is_new, given.channel, given.encrypted, given.hash, given.masked,
       p.id AS point_id
FROM book_customer b
CROSS JOIN LATERAL (
    VALUES ('sms', b.phone_differs, b.phone_encrypted, b.phone_hash, b.phone_masked),
           ('email', b.email_differs, b.email_encrypted, b.email_hash, b.email_masked)
) AS given (channel, differs, encrypted, hash, masked)
LEFT JOIN accounts_contactpoint p
    ON p.customer_id = b.customer_id
    AND p.channel = given.channel
    AND p.address_hash = given.hash
WHERE given.differs AND b.problem IS NULL
