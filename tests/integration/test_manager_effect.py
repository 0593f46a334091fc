"""What the reminders changed and how they are rated: whom it counts, what it dares to say."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from accounts.models import Customer
from reminders.facts.effect import ASKED_AFTER_THE_HOLDOUT
from reminders.models import EffectFact, Message, Policy
from reminders.pipeline.effects import count_effects
from reminders.queries.effect import effect_rows, measured
from reminders.queries.past import rule_order
from reminders.queries.ratings import ratings_by_step, ratings_by_week
from reminders.queries.words import RULE_OF_REASON
from reminders.web.pages import staff_clock
from reminders.web.staff_effect import verdict
from tests.builders import NOW, TODAY, a_customer, a_loan, a_payment, an_instalment
from tests.integration.desk import Desk
from tests.integration.managers import manager
from tests.reminder_builders import a_message, a_policy, a_reminder, a_reply, publish_steps
from tests.reminder_builders import a_step as step_at

__all__ = ["manager"]
pytestmark = pytest.mark.django_db

DUE = TODAY - timedelta(days=20)


@pytest.fixture
def policy() -> Policy:
    """It holds a tenth of the borrowers out."""
    return a_policy(-3, holdout_percent=10)


def a_borrower(
    policy: Policy,
    *,
    held_out: bool = False,
    paid_after: int | None = None,
    due: date = DUE,
    customer: Customer | None = None,
    reason: str = "",
) -> Customer:
    """One who was reminded, or held out, or of whom `reason` says otherwise; paid so many days
    after the due date, or not at all."""
    customer = customer or a_customer()
    loan = a_loan(customer=customer)
    instalment = an_instalment(loan=loan, due_date=due)
    decided_at = NOW - (TODAY - due) - timedelta(days=3)
    reminder = a_reminder(instalment=instalment, policy=policy)
    if held_out or reason:
        reminder.state, reminder.reason = "skipped", reason or "holdout"
    else:
        a_message(reminder=reminder, state="delivered")
    reminder.decided_at = decided_at
    reminder.save()
    if paid_after is not None:
        a_payment(loan=loan, paid_at=NOW - (TODAY - due) + timedelta(days=paid_after))
    return customer


def counts(after_days: int = 7) -> dict[str, tuple[int, int]]:
    """(paid, all) of those reminded and those held out."""
    count_effects(now=NOW)
    effect = next(one.effect for one in measured() if one.after_days == after_days)
    return {
        "reminded": (effect.reminded.hits, effect.reminded.of),
        "held out": (effect.held_out.hits, effect.held_out.of),
    }


class TestWhoCounts:
    def test_groups_are_those_reminded_and_those_held_out(self, policy: Policy) -> None:
        for days in (0, 7, 8, None):
            a_borrower(policy, paid_after=days)
        a_borrower(policy, held_out=True, paid_after=2)
        a_borrower(policy, held_out=True)

        assert counts(7) == {"reminded": (2, 4), "held out": (1, 2)}
        assert counts(0) == {"reminded": (1, 4), "held out": (0, 2)}

    def test_a_borrower_counts_once_and_has_paid_when_all_is_paid(self, policy: Policy) -> None:
        wei = a_borrower(policy, paid_after=1)
        a_borrower(policy, customer=wei, due=DUE - timedelta(days=30), paid_after=None)
        li = a_borrower(policy, paid_after=1)
        a_borrower(policy, customer=li, due=DUE - timedelta(days=30), paid_after=2)

        assert counts()["reminded"] == (1, 2)

    def test_what_objected_before_the_hold_out_counts_in_neither(self, policy: Policy) -> None:
        for reason in ("paid", "on_hold", "other_tier"):
            a_borrower(policy, reason=reason, paid_after=0)

        assert counts() == {"reminded": (0, 0), "held out": (0, 0)}

    @pytest.mark.parametrize("reason", ["no_address", "not_allowed_by_borrower", "per_day"])
    def test_who_could_not_be_written_to_belongs_to_the_rest(
        self, policy: Policy, reason: str
    ) -> None:
        """Such borrowers are among those held out as well, where nobody asks for their address."""
        a_borrower(policy, reason=reason)

        assert counts()["reminded"] == (0, 1)

    def test_who_was_in_both_groups_is_in_none(self, policy: Policy) -> None:
        wei = a_borrower(policy, held_out=True)
        a_borrower(policy, customer=wei, due=DUE - timedelta(days=30))

        assert counts() == {"reminded": (0, 0), "held out": (0, 0)}

    def test_nobody_counts_before_the_days_are_over_nor_long_after(self, policy: Policy) -> None:
        a_borrower(policy, due=TODAY - timedelta(days=7))
        a_borrower(policy, due=TODAY - timedelta(days=8))
        a_borrower(policy, due=TODAY - timedelta(days=8 + 90))

        assert counts(7)["reminded"] == (0, 1)

    def test_policies_that_hold_nobody_out_are_not_measured(self) -> None:
        a_borrower(a_policy(-3))

        assert count_effects(now=NOW) == 0
        assert measured() == []

    def test_versions_without_a_hold_out_do_not_count(self, policy: Policy) -> None:
        publish_steps(policy, step_at(-3), holdout_percent=0)
        a_borrower(policy)

        assert counts()["reminded"] == (0, 0)

    def test_every_reason_asked_after_the_hold_out_is_known(self) -> None:
        """A rule that comes later must not fall out of the measurement."""
        order = rule_order(is_of_campaign=False)
        later = order[order.index("not_held_out") :]
        reasons = {reason for reason, rule in RULE_OF_REASON.items() if rule in later}

        assert reasons <= set(ASKED_AFTER_THE_HOLDOUT)


@pytest.mark.usefixtures("english")
class TestVerdict:
    def test_it_says_by_how_much_where_it_can(self, policy: Policy) -> None:
        EffectFact.objects.bulk_create(facts(policy, reminded=(800, 1_000), held_out=(60, 100)))

        (words,) = map(verdict, measured())

        assert re.fullmatch(
            r"Reminders raised the share who pay within 7 days of the due date "
            r"by between 1\d\.\d and 3\d\.\d points\.",
            words,
        )

    def test_it_says_so_where_reminding_did_harm(self, policy: Policy) -> None:
        EffectFact.objects.bulk_create(facts(policy, reminded=(600, 1_000), held_out=(80, 100)))

        assert "Reminders lowered" in verdict(measured()[0])

    @pytest.mark.parametrize(
        ("reminded", "held_out", "words"),
        [
            ((86, 100), (4, 5), "would take about"),
            ((80, 100), (8, 10), "both groups pay alike so far"),
            ((80, 100), (0, 0), "nobody who was held out"),
            ((0, 0), (8, 10), "nobody who was reminded"),
        ],
    )
    def test_else_it_says_that_it_cannot_tell_and_what_it_would_take(
        self,
        policy: Policy,
        reminded: tuple[int, int],
        held_out: tuple[int, int],
        words: str,
    ) -> None:
        EffectFact.objects.bulk_create(facts(policy, reminded=reminded, held_out=held_out))

        found = verdict(measured()[0])

        assert found.startswith("Cannot tell yet: ")
        assert words in found


def facts(
    policy: Policy, *, reminded: tuple[int, int], held_out: tuple[int, int]
) -> list[EffectFact]:
    return [
        EffectFact(
            policy=policy,
            after_days=7,
            is_held_out=is_held_out,
            paid=paid,
            borrowers=of,
            first_due=DUE,
            last_due=DUE,
            counted_at=NOW,
        )
        for is_held_out, (paid, of) in ((False, reminded), (True, held_out))
    ]


class TestRatings:
    def test_are_counted_by_week_and_by_step(self, policy: Policy) -> None:
        message = a_message(reminder=a_reminder(policy=policy))
        a_rating(5, message=message)
        a_rating(2, days=7)
        a_rating(4, days=8)
        a_rating(1, days=200)
        zone = staff_clock().zone

        weeks = ratings_by_week(now=NOW, zone=zone)
        steps = ratings_by_step(now=NOW, zone=zone)

        assert {week: (r.satisfied.hits, r.satisfied.of) for week, r in weeks.items()} == {
            TODAY - timedelta(days=14): (1, 1),
            TODAY - timedelta(days=7): (0, 1),
            TODAY: (1, 1),
        }
        step = str(policy.steps.get().pk)
        assert {key: r.stars for key, r in steps.items()} == {step: 5, "": 6}


def a_rating(
    rating: int, *, days: int = 0, message: Message | None = None, comment: str = ""
) -> None:
    customer = message.customer if message else a_customer()
    reply = a_reply(
        customer=customer,
        kind="rated",
        rating=rating,
        comment=comment,
        wants_reader=False,
        said_at=NOW - timedelta(days=days),
    )
    reply.link.message = message
    reply.link.save()


class TestPage:
    def test_every_number_opens_to_as_many_rows(self, manager: Desk, policy: Policy) -> None:
        for days in (0, 7, 8, None):
            a_borrower(policy, paid_after=days)
            a_borrower(policy, paid_after=days, held_out=True)
        a_rating(5, message=Message.objects.first())
        a_rating(2, days=8)
        count_effects(now=NOW)

        page = manager.read("effect")
        found = re.findall(r'<a id="(?:effects|weeks|steps)-[^"]+" href="([^"]+)">([\d,]+)<', page)

        assert len(found) > 15
        for link, number in found:
            rows = manager.client.get(link.replace("&amp;", "&")).content.decode()
            assert rows.count('class="listed-head"') == int(number), link

    def test_comments_are_shown_newest_first_and_as_text(self, manager: Desk) -> None:
        a_rating(1, comment="<b>太频繁</b>", days=2)
        a_rating(5, comment="谢谢提醒")

        page = manager.read("effect")

        assert page.index("谢谢提醒") < page.index("&lt;b&gt;太频繁")

    def test_lists_go_on_without_gap_or_repeat(
        self, manager: Desk, policy: Policy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("reminders.queries.effect.PAGE", 2)
        for _number in range(5):
            a_borrower(policy)
        count_effects(now=NOW)
        address = f"/staff/effect/{policy.pk}/7/"
        seen, link = [], f"{address}?held_out=0&paid=0"
        while link:
            page = manager.client.get(link).content.decode()
            seen += re.findall(r"/staff/borrowers/([^/]+)/", page)
            more = re.search(r'href="(\?[^"]*after=[^"]+)"', page)
            link = address + more[1].replace("&amp;", "&") if more else ""

        assert len(seen) == len(set(seen)) == 5

    def test_before_anything_was_counted_it_says_so(self, manager: Desk) -> None:
        page = manager.read("effect")

        assert "No policy has held anybody out so far" in page
        assert "Nobody has rated a notice in this quarter." in page

    @pytest.mark.parametrize(
        "address",
        ["1/7/", "0/7/?held_out=1&paid=1", "ratings/?week=soon", "ratings/?after=x", "?csv=x"],
    )
    def test_addresses_of_nothing_are_404(self, manager: Desk, address: str) -> None:
        assert manager.client.get(f"/staff/effect/{address}").status_code == 404

    def test_the_number_of_statements_does_not_grow(self, manager: Desk, policy: Policy) -> None:
        found = []
        for _more in range(2):
            a_borrower(policy)
            a_rating(3, comment="好")
            count_effects(now=NOW)
            with CaptureQueriesContext(connection) as asked:
                manager.read("effect")
            found.append(len(asked))

        assert found[0] == found[1]

    def test_a_group_of_nobody_is_not_looked_for(
        self, policy: Policy, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        a_borrower(policy, paid_after=0)
        a_borrower(policy, held_out=True)
        count_effects(now=NOW)
        held_out = EffectFact.objects.get(is_held_out=True, after_days=7)

        with django_assert_num_queries(0):
            assert effect_rows(held_out, paid=True, zone=staff_clock().zone).rows == ()
        assert len(effect_rows(held_out, paid=False, zone=staff_clock().zone).rows) == 1
