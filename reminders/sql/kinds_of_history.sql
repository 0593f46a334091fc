-- Which kinds of entries, beside texts and reminders, the history of a borrower has at all: an array of their
-- names. Most borrowers have few of them. Parameters: customer_id.
SELECT array_remove(ARRAY[
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_consentevent WHERE customer_id = %(customer_id)s
    ) THEN 'a_consent' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_hold WHERE customer_id = %(customer_id)s
    ) THEN 'b_hold' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_hold WHERE customer_id = %(customer_id)s AND released_at IS NOT NULL
    ) THEN 'c_hold_released' END,
    CASE WHEN EXISTS (
        SELECT 1
        FROM accounts_payment AS payment
        JOIN accounts_loan AS loan ON loan.id = payment.loan_id
        WHERE loan.customer_id = %(customer_id)s
    ) THEN 'd_payment' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM reminders_borrowerreply WHERE customer_id = %(customer_id)s
    ) THEN 'g_reply' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_note WHERE customer_id = %(customer_id)s
    ) THEN 'h_note' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_addresschange WHERE customer_id = %(customer_id)s
    ) THEN 'i_number' END,
    CASE WHEN EXISTS (
        SELECT 1 FROM accounts_addresschange WHERE customer_id = %(customer_id)s AND undone_at IS NOT NULL
    ) THEN 'j_number_set_back' END
], NULL)
