-- A mark that changes with whatever the page of a borrower shows: texts and what became of them, reminders,
-- payments and what they paid, holds, consent, numbers, replies and notes. Parameters: customer_id.
SELECT md5(concat_ws('|',
    (
        SELECT string_agg(concat_ws(',', text.id, text.state, text.reason, text.receipts), ';' ORDER BY text.id)
        FROM (
            SELECT
                message.id,
                message.state,
                message.reason,
                (SELECT count(*) FROM reminders_receipt AS receipt WHERE receipt.message_id = message.id) AS receipts
            FROM reminders_message AS message
            WHERE message.customer_id = %(customer_id)s
            ORDER BY message.opened_at DESC
            LIMIT 20
        ) AS text
    ),
    (
        SELECT string_agg(
            concat_ws(',', planned.id, planned.state, planned.reason, planned.next_attempt_at, planned.decided_at),
            ';' ORDER BY planned.id
        )
        FROM (
            SELECT id, state, reason, next_attempt_at, decided_at
            FROM reminders_reminder
            WHERE customer_id = %(customer_id)s
            ORDER BY send_at DESC
            LIMIT 40
        ) AS planned
    ),
    (
        SELECT concat_ws(',', count(*), max(payment.id), sum(payment.amount))
        FROM accounts_payment AS payment
        JOIN accounts_loan AS loan ON loan.id = payment.loan_id
        WHERE loan.customer_id = %(customer_id)s
    ),
    (
        SELECT concat_ws(',', count(*), sum(instalment.amount_due), sum(instalment.paid))
        FROM accounts_instalment AS instalment
        JOIN accounts_loan AS loan ON loan.id = instalment.loan_id
        WHERE loan.customer_id = %(customer_id)s
    ),
    (
        SELECT concat_ws(',', count(*), max(id), count(released_at))
        FROM accounts_hold
        WHERE customer_id = %(customer_id)s
    ),
    (SELECT concat_ws(',', count(*), max(id)) FROM accounts_consentevent WHERE customer_id = %(customer_id)s),
    (
        SELECT string_agg(concat_ws(',', id, is_current, unusable_since), ';' ORDER BY id)
        FROM accounts_contactpoint
        WHERE customer_id = %(customer_id)s
    ),
    (
        SELECT concat_ws(',', count(*), max(id), count(undone_at))
        FROM accounts_addresschange
        WHERE customer_id = %(customer_id)s
    ),
    (
        SELECT concat_ws(',', count(*), max(id), count(read_at))
        FROM reminders_borrowerreply
        WHERE customer_id = %(customer_id)s
    ),
    (SELECT concat_ws(',', count(*), max(id)) FROM accounts_note WHERE customer_id = %(customer_id)s)
))
