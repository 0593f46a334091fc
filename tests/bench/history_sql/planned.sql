-- What is planned of one day that comes.
INSERT INTO reminders_reminder (
    customer_id, instalment_id, step_id, step_version_id, due_date, send_at, expires_at,
    next_attempt_at, state, reason, planned_at
)
SELECT
    CASE WHEN n <= %(customers)s THEN n ELSE n * 7919 %% %(customers)s + 1 END,
    slot.month_no * %(loans)s + n,
    step.step_id, step.step_version_id, slot.due_date,
    %(begins)s, %(begins)s + interval '14 h', %(begins)s, 'planned', '', %(now)s
FROM
    unnest(
        %(slot_steps)s::int[], %(due_dates)s::date[], %(month_nos)s::bigint[], %(turns_due)s::int[]
    ) AS slot (step_no, due_date, month_no, turn)
    JOIN unnest(
        %(step_nos)s::int[], %(step_ids)s::bigint[], %(step_version_ids)s::bigint[], %(shares)s::int[]
    ) AS step (step_no, step_id, step_version_id, share) USING (step_no)
    CROSS JOIN LATERAL generate_series(
        CASE WHEN slot.turn = 0 THEN %(turns)s ELSE slot.turn END, %(loans)s::bigint, %(turns)s
    ) AS n
WHERE (hashint8extended((slot.month_no * %(loans)s + n) * 8 + slot.step_no, %(seed)s) & 1023) < step.share
