"""What names something names something that is there, though PostgreSQL is not asked row by row.

See Note [Foreign keys are checked by the statement] and Note [Reminders are held from the other
side].
"""

from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction

from accounts.models import (
    Allocation,
    ContactPoint,
    Customer,
    Instalment,
    Loan,
    Payment,
    Staff,
)
from reminders.models import Message, MessageTemplate, PolicyStep
from reminders.pipeline.planning import plan
from tests.builders import (
    NOW,
    TODAY,
    a_contact_point,
    a_member_of_staff,
    a_payment,
    an_instalment,
)
from tests.reminder_builders import a_message, a_policy, a_reminder

pytestmark = pytest.mark.django_db

NOBODY = 4_000_000_000


def ledger() -> None:
    """A row of each kind."""
    instalment = an_instalment(due_date=TODAY)
    a_payment(loan=instalment.loan, amount=1)


def delete(model: type[models.Model]) -> None:
    """As somebody with a console does it: past Django."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")


class TestWhatIsWritten:
    @pytest.mark.parametrize(
        ("model", "column"),
        [
            (ContactPoint, "customer_id"),
            (Loan, "customer_id"),
            (Instalment, "loan_id"),
            (Payment, "loan_id"),
            (Allocation, "payment_id"),
            (Allocation, "instalment_id"),
        ],
    )
    def test_names_what_is_there(self, model: type[models.Model], column: str) -> None:
        ledger()
        row: Any = model._default_manager.get()

        setattr(row, column, NOBODY)
        with pytest.raises(IntegrityError, match="names no row of"), transaction.atomic():
            row.save()
        row.pk, row.loan_no, row.payment_no, row.seq = None, "another", "another", 99
        with pytest.raises(IntegrityError, match="names no row of"), transaction.atomic():
            row.save(force_insert=True)


class TestWhatIsNamed:
    @pytest.mark.parametrize("model", [Customer, Loan, Instalment, Payment])
    def test_cannot_be_deleted_from_the_ledger(self, model: type[models.Model]) -> None:
        ledger()

        with pytest.raises(IntegrityError, match="cannot be deleted"):
            delete(model)

    def test_can_be_deleted_with_what_names_it(self) -> None:
        customer = a_contact_point().customer

        customer.delete()

        assert not ContactPoint.objects.exists()

    @pytest.mark.parametrize("model", [Customer, Instalment, PolicyStep])
    def test_cannot_be_deleted_under_a_reminder_of_a_policy(
        self, model: type[models.Model]
    ) -> None:
        a_policy(0)
        an_instalment(due_date=TODAY)
        assert plan(now=NOW).new == 1

        with pytest.raises(IntegrityError, match="cannot be deleted"):
            delete(model)

    @pytest.mark.parametrize("model", [Staff, MessageTemplate, Message])
    def test_cannot_be_deleted_under_a_reminder_by_hand(self, model: type[models.Model]) -> None:
        a_policy(0)
        reminder = a_reminder(
            step=None,
            step_version=None,
            template=MessageTemplate.objects.get(),
            requested_by=a_member_of_staff(),
        )
        a_message(reminder=reminder)

        with pytest.raises(IntegrityError, match="a reminder names it"):
            delete(model)
