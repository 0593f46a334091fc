-- A link for each text that holds one, an array element each.
INSERT INTO reminders_borrowerlink (
    customer_id, message_id, contact_point_id, token_hash, language, created_at, expires_at
)
SELECT customer_id, message_id, contact_point_id, token_hash, language, %(now)s, %(expires_at)s
FROM unnest(
    %(customer_ids)s::bigint[], %(message_ids)s::bigint[], %(contact_point_ids)s::bigint[],
    %(token_hashes)s::bytea[], %(languages)s::text[]
) AS link (customer_id, message_id, contact_point_id, token_hash, language)
