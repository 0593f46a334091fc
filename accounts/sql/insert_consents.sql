-- Records what the book newly says of consent: for all channels and purposes. Parameters: now.
INSERT INTO accounts_consentevent
    (customer_id, channel, purpose, granted, source, happened_at, recorded_at)
SELECT customer_id, '', '', granted, 'import', %(now)s, %(now)s
FROM book_consent
