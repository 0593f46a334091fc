-- Takes over what differs in customers that were known.
-- Parameters: has_segment, has_other_timezones (booleans), now.
UPDATE accounts_customer c
SET name = b.name,
    name_pinyin = b.name_pinyin,
    language = b.language,
    timezone = b.timezone,
    segment = CASE WHEN %(has_segment)s THEN b.segment ELSE c.segment END,
    other_timezones = CASE
        WHEN %(has_other_timezones)s THEN b.other_timezones ELSE c.other_timezones
    END,
    updated_at = %(now)s
FROM book_customer b
WHERE c.id = b.customer_id AND b.differs AND NOT b.is_new AND b.problem IS NULL
