"""The values that a text would be filled with for a borrower of the book, today."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.core.instalments import penalty_interest
from accounts.models import Customer
from reminders.core.links import HIDDEN, url_of
from reminders.core.types import Borrower, Debt
from reminders.core.vocabulary import Stage
from reminders.core.wording import text_values
from reminders.facts.borrowers import borrowers
from reminders.models import SenderIdentity
from reminders.models.choices import Stage as StageChoices


class NobodyToShow(LookupError):
    """There is no such borrower, or they owe nothing at that stage; says so in words."""


def real_values(
    customer_no: str, *, stage: Stage, language: str, sender: SenderIdentity | None, now: datetime
) -> Mapping[str, str]:
    """A value for each placeholder, of what this borrower owes. Raises NobodyToShow.

    Before the due date the debts that are due next, on it those of today, after it all that is
    overdue: the total that sending would name if nothing holds it. About no instalment, none.
    """
    pk = Customer.objects.filter(customer_no=customer_no).values_list("pk", flat=True).first()
    facts = borrowers(customer_ids=[pk], now=now).get(pk) if pk is not None else None
    if facts is None:
        raise NobodyToShow(_("There is no borrower %(number)s.") % {"number": customer_no})
    today = now.astimezone(facts.zone).date()
    debts = _named(facts, stage=stage, now=now)
    if not debts and stage is not Stage.APART:
        raise NobodyToShow(
            _("%(number)s owes nothing at the stage “%(stage)s”.")
            % {"number": customer_no, "stage": StageChoices(stage).label}
        )
    due_date = min((debt.due_date for debt in debts), default=today)
    penalties = (
        penalty_interest(
            outstanding=debt.outstanding,
            daily_rate=debt.penalty_daily_rate,
            due_date=debt.due_date,
            grace_days=debt.grace_days,
            today=today,
        )
        for debt in debts
    )
    return text_values(
        language=language,
        name=facts.name,
        amount=sum((debt.outstanding for debt in debts), Decimal(0)),
        penalty=sum(penalties, Decimal(0)),
        currency=debts[0].currency if debts else "",
        due_date=due_date,
        days=abs((today - due_date) // timedelta(days=1)),
        how_to_pay=sender.how_to_pay if sender else "",
        hotline=sender.hotline if sender else "",
        link=url_of(HIDDEN, base=settings.PUBLIC_URL),
    )


def _named(facts: Borrower, *, stage: Stage, now: datetime) -> list[Debt]:
    today = now.astimezone(facts.zone).date()
    open_ = sorted(
        (debt for debt in facts.debts.values() if debt.is_active),
        key=lambda debt: (debt.due_date, debt.instalment_id),
    )
    if stage is Stage.APART:
        return []
    if stage is Stage.AFTER:
        found = [debt for debt in open_ if debt.due_date < today]
    elif stage is Stage.ON:
        found = [debt for debt in open_ if debt.due_date == today]
    else:
        coming = [debt for debt in open_ if debt.due_date > today]
        found = [debt for debt in coming if debt.due_date == coming[0].due_date]
    return [debt for debt in found if debt.currency == found[0].currency]
