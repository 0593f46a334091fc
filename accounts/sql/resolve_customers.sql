-- Finds for each staged customer the row it stands for, what differs, and what is wrong with it.
-- A new customer gets its id here, so that the steps after this one need no second look-up.
-- Parameters: demonstration, has_segment, has_other_timezones (booleans).
DROP TABLE IF EXISTS book_customer;
CREATE TEMPORARY TABLE book_customer ON COMMIT DROP AS
WITH doubled AS (
    SELECT customer_no, min(line) AS first_line
    FROM stage_customer
    GROUP BY customer_no
    HAVING count(*) > 1
)
SELECT s.*,
       coalesce(c.id, nextval((SELECT pg_get_serial_sequence('accounts_customer', 'id')::regclass)))
           AS customer_id,
       c.id IS NULL AS is_new,
       (c.name, c.name_pinyin, c.language, c.timezone)
           IS DISTINCT FROM (s.name, s.name_pinyin, s.language, s.timezone)
           OR (%(has_segment)s AND c.segment IS DISTINCT FROM s.segment)
           OR (%(has_other_timezones)s
               AND c.other_timezones::text[] IS DISTINCT FROM s.other_timezones) AS differs,
       phone.address_hash IS DISTINCT FROM s.phone_hash AS phone_differs,
       s.email_hash IS NOT NULL AND email.address_hash IS DISTINCT FROM s.email_hash
           AS email_differs,
       CASE WHEN d.first_line < s.line
            THEN format('stands in line %%s of this file already', d.first_line)
            WHEN c.is_demonstration AND NOT %(demonstration)s
            THEN 'is a borrower of a demonstration book, which a real book cannot change'
            WHEN NOT c.is_demonstration AND %(demonstration)s
            THEN 'is a real borrower, whom a demonstration book cannot change'
       END AS problem
FROM stage_customer s
LEFT JOIN doubled d USING (customer_no)
LEFT JOIN accounts_customer c USING (customer_no)
LEFT JOIN accounts_contactpoint phone
    ON phone.customer_id = c.id AND phone.channel = 'sms' AND phone.is_current
LEFT JOIN accounts_contactpoint email
    ON email.customer_id = c.id AND email.channel = 'email' AND email.is_current
