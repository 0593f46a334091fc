"""What planning remembers from one tick to the next.

Note [Planning looks at what changed]
The times at which a step speaks for a due date do not depend on the borrower: only the passing of
time, a policy, a zone or a change of the ledger brings something new. A tick therefore looks at the
slots that came within the horizon since the last one, and at the loans that changed since then.
Triggers in the database (migration 0022) write a `PlanningChange` in the transaction that makes the
change, so whoever writes, no change is missed. The rows that a tick read are deleted in the
transaction that ends it: a tick that died is done again. Once an hour, and when a policy changed or
a book came in, it looks at everything, so nothing depends on the triggers alone.
"""

from django.db import models


class PlanningChange(models.Model):
    """A loan that planning has to look at again; without a loan, everything."""

    loan_id = models.BigIntegerField(null=True)


class PlanningState(models.Model):
    """One row: as of when all was planned, and as of when planning last looked at everything."""

    planned_at = models.DateTimeField()
    whole_at = models.DateTimeField()
