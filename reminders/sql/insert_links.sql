-- A link for each text that holds one, an array element each.
INSERT INTO reminders_borrowerlink (
    customer_id, message_id, contact_point_id, token_hash, language, created_at, expires_at
)
SELECT customer_id, message_id, contact_point_id, token_hash, language, %(now)s, %(expires_at)s
FROM unnest(
    %(customer_ids)b::bigint[], %(message_ids)b::bigint[], %(contact_point_ids)b::bigint[],
    %(token_hashes)b::bytea[], %(languages)b::text[]
) AS link (customer_id, message_id, contact_point_id, token_hash, language)
