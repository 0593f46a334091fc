-- The rows of customers.csv that passed their checks, for the length of one transaction.
DROP TABLE IF EXISTS stage_customer;
CREATE TEMPORARY TABLE stage_customer (
    line integer NOT NULL,
    customer_no text NOT NULL,
    name text NOT NULL,
    name_pinyin text NOT NULL,
    phone_encrypted bytea NOT NULL,
    phone_hash bytea NOT NULL,
    phone_masked text NOT NULL,
    language text NOT NULL,
    timezone text NOT NULL,
    email_encrypted bytea,
    email_hash bytea,
    email_masked text,
    segment text NOT NULL DEFAULT '',
    other_timezones text[] NOT NULL DEFAULT '{}',
    consent boolean
) ON COMMIT DROP;
