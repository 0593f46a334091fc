-- Collects what the book says of consent where it did not say so the last time.
-- Of customers with other statements, accounts.core.consent.book_changes_it decides afterwards.
DROP TABLE IF EXISTS book_consent;
CREATE TEMPORARY TABLE book_consent ON COMMIT DROP AS
SELECT b.customer_id, b.consent AS granted,
       EXISTS (SELECT FROM accounts_consentevent e WHERE e.customer_id = b.customer_id)
           AS is_to_be_judged
FROM book_customer b
WHERE b.consent IS NOT NULL
  AND b.problem IS NULL
  AND b.consent IS DISTINCT FROM (
      SELECT e.granted
      FROM accounts_consentevent e
      WHERE e.customer_id = b.customer_id AND e.source = 'import'
      ORDER BY e.happened_at DESC, e.id DESC
      LIMIT 1
  )
