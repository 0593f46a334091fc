"""The textbook peer: reminders as the tutorials of Django and Celery teach them.

Honestly written: models, a daily task that loops over what is due with `get_or_create` and
`delay(id)`, a task for each text that loads its row, renders a template, calls `requests.post` and
saves, and a view for receipts that loads and saves. Celery and Django as they come. It keeps none
of the promises; it is here to be measured beside what keeps them.
"""
