-- What a text needs, a row for each borrower; nobody is left out.
SELECT
    reminder.customer_id,
    min(contact.id) AS contact_point_id,
    min(contact.address_encrypted) AS address,
    min(customer.name) AS name,
    sum(instalment.amount_due - instalment.paid) AS amount,
    min(instalment.due_date) AS due_date,
    min(template.id) AS template_version_id,
    array_agg(reminder.id) AS reminder_ids
FROM reminders_reminder AS reminder
JOIN accounts_customer AS customer ON customer.id = reminder.customer_id
JOIN accounts_instalment AS instalment ON instalment.id = reminder.instalment_id
JOIN accounts_contactpoint AS contact ON contact.customer_id = reminder.customer_id AND contact.is_current
JOIN reminders_stepversion AS step ON step.id = reminder.step_version_id
JOIN reminders_templateversion AS template
    ON template.template_id = step.template_id AND template.state = 'published'
WHERE
    reminder.customer_id = ANY(%(ids)s)
    AND reminder.state = 'planned'
    AND reminder.next_attempt_at <= %(now)s
GROUP BY reminder.customer_id
