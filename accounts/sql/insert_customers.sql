-- Adds the customers that were not known. Parameters: demonstration (boolean), now.
INSERT INTO accounts_customer
    (id, customer_no, name, name_pinyin, language, timezone, segment, other_timezones, is_demonstration,
     created_at, updated_at)
SELECT customer_id, customer_no, name, name_pinyin, language, timezone, segment, other_timezones,
       %(demonstration)s, %(now)s, %(now)s
FROM book_customer
WHERE is_new AND problem IS NULL
