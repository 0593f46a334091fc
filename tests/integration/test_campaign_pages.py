"""Campaigns in the admin, as editors and publishers work with them, and what they foresee."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from accounts.models import Staff
from reminders.authoring import campaigns as authoring
from reminders.gateways.base import Gateway
from reminders.models import Campaign, Message, MessageTemplate, Reminder, TemplateText
from reminders.pipeline.dispatch import dispatch
from reminders.pipeline.planning import plan
from reminders.queries.campaign_ahead import NO_PLACE, SENT, ahead
from reminders.queries.campaign_results import listed, results
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_contact_point,
    a_hold,
    a_loan,
    an_instalment,
)
from tests.clocks import set_clock
from tests.integration.admin_site import change, form_of, signed_in
from tests.reminder_builders import a_campaign, a_policy, a_pupil, an_education_template

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def roles(settings: Settings) -> None:
    set_clock(settings, NOW)
    call_command("create_roles", verbosity=0, stdout=StringIO())


def url_of(word: str, campaign: Campaign) -> str:
    return reverse(f"admin:reminders_campaign_{word}", args=[campaign.pk])


def typed(**fields: Any) -> dict[str, Any]:
    """What an editor types for a campaign of the next days."""
    return {
        "title": "Lesson",
        "key": "lesson",
        "template": an_education_template().pk,
        "tiers": ["low", "medium"],
        "segments": "gold, silver",
        "only_punctual": "on",
        "first_day": "2026-11-24",
        "last_day": "2026-11-27",
        "local_time": "10:30",
        "per_day": "500",
        **fields,
    }


class TestWriting:
    def test_an_editor_writes_a_draft_and_counts_as_its_author(self) -> None:
        editor = signed_in("editors")

        editor.post(reverse("admin:reminders_campaign_add"), typed())

        row = Campaign.objects.get()
        assert (row.state, row.segments, row.per_day) == ("draft", ["gold", "silver"], 500)
        assert row.changed_by_ids == [Staff.objects.get().pk]

    def test_every_editor_who_changes_it_is_an_author(self) -> None:
        row = a_campaign(state="draft")
        editor = signed_in("editors")

        editor.post(change(row), {**form_of(editor, change(row)), "per_day": "7"})

        row.refresh_from_db()
        assert row.per_day == 7
        assert row.changed_by_ids == [Staff.objects.get().pk]

    def test_names_what_is_wrong_with_its_days(self) -> None:
        editor = signed_in("editors")

        page = editor.post(
            reverse("admin:reminders_campaign_add"), typed(last_day="2026-11-20", per_day="0")
        )

        text = page.content.decode()
        assert "The last day is before the first." in text
        assert "With 0 a day nobody would be written to." in text
        assert not Campaign.objects.exists()

    def test_what_is_published_cannot_be_changed(self) -> None:
        row = a_campaign()
        editor = signed_in("editors")

        editor.post(change(row), {"title": "Another"})

        row.refresh_from_db()
        assert row.title == "Lesson"
        with pytest.raises(IntegrityError, match="stop it and"), transaction.atomic():
            Campaign.objects.update(title="Another")

    def test_shows_only_templates_about_no_instalment(self) -> None:
        a_policy(-3)
        an_education_template()
        page = signed_in("editors").get(reverse("admin:reminders_campaign_add"))

        choices = page.context["adminform"].form.fields["template"].queryset
        assert [template.key for template in choices] == ["lesson"]

    def test_its_template_begins_with_one_friendly_text(self) -> None:
        lesson = {"title": "L", "key": "l", "stage": "apart", "purpose": "education"}
        editor, url = signed_in("editors"), reverse("admin:reminders_messagetemplate_add")

        editor.post(url, {**form_of(editor, url), **lesson})

        assert [text.tone for text in TemplateText.objects.all()] == ["friendly"]


class TestPublishing:
    def test_takes_a_second_person(self) -> None:
        editor, publisher = signed_in("editors"), signed_in("publishers")
        editor.post(reverse("admin:reminders_campaign_add"), typed())
        row = Campaign.objects.get()
        assert editor.post(url_of("publish", row)).status_code == 403

        publisher.post(url_of("publish", row))

        row.refresh_from_db()
        assert (row.state, row.second_person) == ("published", True)

    def test_its_author_is_refused_with_all_rights(self) -> None:
        everybody = signed_in()
        everybody.post(reverse("admin:reminders_campaign_add"), typed())
        row = Campaign.objects.get()

        page = everybody.post(url_of("publish", row)).content.decode()

        assert "another person must" in page
        assert Campaign.objects.get().state == "draft"

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"first_day": TODAY - 2 * DAY, "last_day": TODAY - DAY}, "Its last day is past"),
            ({"local_time": "23:00"}, "Rule hours: at 23:00"),
            ({"first_day": TODAY - DAY}, "Its first day is past"),
        ],
    )
    def test_tells_what_stands_in_the_way(self, fields: dict[str, Any], words: str) -> None:
        row = a_campaign(state="draft", **fields)
        row.refresh_from_db()

        review = authoring.review(row, now=NOW)

        assert words in " ".join(map(str, (*review.problems, *review.warnings)))

    def test_needs_a_template_of_education_with_a_published_text(self) -> None:
        a_policy(-3)
        reminding = MessageTemplate.objects.get(key="before")
        row = a_campaign(state="draft", template=reminding)
        (problem,) = authoring.review(row, now=NOW).problems
        assert "about no instalment" in problem.what

        empty = MessageTemplate.objects.create(
            key="empty", title="Empty", stage="apart", purpose="education", created_at=NOW
        )
        row = a_campaign(state="draft", key="other", template=empty)
        (problem,) = authoring.review(row, now=NOW).problems
        assert "No version" in problem.what

    def test_warns_of_a_language_without_a_text(self) -> None:
        row = a_campaign(state="draft", template=an_education_template(languages=("zh-hans",)))

        review = authoring.review(row, now=NOW)

        assert not review.problems
        assert [warning.where for warning in review.warnings] == ["English"]


class TestAhead:
    def test_is_what_then_happens(self, gateway: Gateway) -> None:
        """P9: hour by hour until its end, borrower by borrower."""
        a_policy(-3, 0, 2)
        row = a_campaign(state="draft", per_day=4, only_punctual=True)
        for days in (-2, 0, 2, 3, 4, 5, 20):
            a_pupil(due_in_days=days)
        a_pupil(agreed=False)
        a_hold(customer=a_pupil(), kind="hardship", until_at=None)
        a_hold(customer=a_pupil(), until_at=NOW + 30 * HOUR)
        a_pupil(phone=None)
        a_pupil(timezone="America/New_York")
        a_pupil()
        foreseen = {one.customer_no: (one.outcome, one.at) for one in ahead(row, now=NOW).rows}
        authoring.publish(campaign=row, by=None, now=NOW)

        for hours in range(75):
            plan(now=NOW + hours * HOUR)
            while dispatch(now=NOW + hours * HOUR, gateway=gateway).borrowers:
                pass

        came = {
            reminder.customer.customer_no: (
                (SENT, reminder.message.opened_at) if reminder.message else (reminder.reason, None)
            )
            for reminder in Reminder.objects.filter(campaign=row).select_related(
                "customer", "message"
            )
        }
        assert {who: what for who, what in foreseen.items() if what[0] != NO_PLACE} == came
        assert {what for what, _at in came.values()} > {SENT, "not_punctual", "on_hold"}
        assert NO_PLACE in {what for what, _at in foreseen.values()}

    def test_adds_up_and_opens_to_its_borrowers(self) -> None:
        row = a_campaign(state="draft")
        a_pupil()
        silent = a_pupil(agreed=False)

        page = signed_in("publishers").get(
            url_of("ahead", row), {"outcome": "not_allowed_by_borrower"}
        )

        assert page.context["found"].audience == 2
        assert page.context["reached"]["count"] + page.context["left_out"] == 2
        assert [one["row"].customer_no for one in page.context["listed"]] == [silent.customer_no]
        assert silent.customer_no in page.content.decode()

    def test_lists_all_its_borrowers_page_by_page(self, monkeypatch: Any) -> None:
        monkeypatch.setattr("reminders.admin.campaign_tables.SHOWN_MAX", 2)
        row = a_campaign(state="draft")
        pupils = [a_pupil().customer_no for _ in range(3)]
        publisher, url = signed_in("publishers"), url_of("ahead", row)

        first = publisher.get(url, {"outcome": SENT})
        rest = publisher.get(url + first.context["more"].partition("#")[0])

        assert [
            one["row"].customer_no for page in (first, rest) for one in page.context["listed"]
        ] == pupils
        assert rest.context["more"] == ""

    def test_of_a_large_audience_is_judged_on_a_sample(self) -> None:
        row = a_campaign(state="draft")
        for _ in range(7):
            a_pupil()

        found = ahead(row, now=NOW, judged_max=3)

        assert (found.audience, len(found.rows), found.is_sample) == (7, 3, True)

    def test_asks_no_more_for_more_borrowers(
        self, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        row = a_campaign(state="draft", per_day=3)
        for _ in range(12):
            a_pupil()

        with django_assert_max_num_queries(24):
            assert len(ahead(row, now=NOW).rows) == 12


class TestResults:
    def test_add_up_and_open_to_their_rows(self, gateway: Gateway) -> None:
        row = a_campaign()
        heard, refused, silent = a_pupil(), a_pupil(), a_pupil(agreed=False)
        a_hold(customer=a_pupil(), until_at=NOW + HOUR)
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        Message.objects.filter(customer=heard).update(state="delivered", ended_at=NOW)
        a_consent_event(customer=refused, channel="sms", now=NOW + DAY)

        figures = results(row).figures

        assert figures["all"] == figures["planned"] + figures["sent"] + figures["not_sent"] == 4
        assert (figures["sent"], figures["delivered"], figures["refused"]) == (2, 1, 1)
        for figure, count in figures.items():
            assert len(listed(row, figure=figure).rows) == count, figure
        (reason,) = results(row).reasons
        assert (reason.reason, reason.count) == ("not_allowed_by_borrower", 1)
        assert [
            one.customer_no for one in listed(row, figure="not_sent", reason=reason.reason).rows
        ] == [silent.customer_no]

    def test_count_no_refusal_of_before_or_long_after(self, gateway: Gateway) -> None:
        row = a_campaign()
        pupil = a_pupil()
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        a_consent_event(customer=pupil, now=NOW - DAY)
        a_consent_event(customer=pupil, now=NOW + 31 * DAY)
        a_consent_event(customer=pupil, purpose="offer", now=NOW + DAY)

        assert results(row).figures["refused"] == 0

    def test_stand_on_its_page_and_lead_to_the_borrowers(self, gateway: Gateway) -> None:
        row = a_campaign()
        pupil = a_pupil()
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        manager = signed_in("managers")

        page = manager.get(change(row))
        (sent,) = [f for f in page.context["results"]["figures"] if str(f["label"]) == "Texts"]
        rows = manager.get(sent["url"])

        assert sent["count"] == 1
        assert pupil.customer_no in rows.content.decode()
        assert manager.get(url_of("rows", row), {"figure": "nonsense"}).status_code == 404
        assert manager.get(url_of("rows", row), {"after": "x"}).status_code == 404


class TestStopping:
    def test_and_drafting_anew(self) -> None:
        row = a_campaign()
        editor, publisher = signed_in("editors"), signed_in("publishers")
        assert editor.post(url_of("stop", row)).status_code == 403
        assert publisher.get(url_of("stop", row)).status_code == 405

        publisher.post(url_of("stop", row))
        row.refresh_from_db()
        assert row.state == "stopped"
        assert row.stopped_by == Staff.objects.get(groups__name="publishers")

        editor.post(url_of("draft", row))
        row.refresh_from_db()
        assert row.state == "draft"

    def test_a_campaign_that_wrote_to_somebody_is_never_deleted(self, gateway: Gateway) -> None:
        row = a_campaign()
        a_pupil()
        plan(now=NOW)

        with pytest.raises(IntegrityError), transaction.atomic():
            Campaign.objects.filter(pk=row.pk)._raw_delete("default")


class TestShipped:
    def test_is_a_draft_that_may_be_published(self) -> None:
        out = StringIO()
        call_command("load_shipped_policy", stdout=StringIO())

        call_command("load_shipped_campaign", stdout=out)
        call_command("load_shipped_campaign", stdout=out)

        row = Campaign.objects.get()
        assert row.state == "draft"
        assert authoring.review(row, now=NOW).problems == ()
        assert "nothing was changed" in out.getvalue()


class TestElsewhere:
    def test_a_borrowers_page_tells_of_it(self, gateway: Gateway) -> None:
        a_campaign(local_time="12:00")
        pupil = a_pupil()
        plan(now=NOW)
        desk = signed_in("collections")
        page = desk.get(reverse("staff:borrower", args=[pupil.customer_no])).content.decode()
        assert "Campaign “Lesson”" in page

        dispatch(now=NOW + 2 * HOUR, gateway=gateway)
        evidence = desk.get(reverse("staff:evidence", args=[pupil.customer_no])).content.decode()
        assert "Campaign “Lesson”" in evidence

    def test_explain_tells_why_it_was_not_sent(self, gateway: Gateway) -> None:
        a_campaign(only_punctual=True)
        pupil = a_pupil(due_in_days=-3)
        a_contact_point(customer=pupil, channel="email", address="a@b.example")
        an_instalment(loan=a_loan(customer=pupil), due_date=TODAY + 60 * DAY)
        plan(now=NOW)
        dispatch(now=NOW, gateway=gateway)
        out = StringIO()

        call_command("explain", pupil.customer_no, stdout=out)

        assert "仅面向无逾期的借款人" in out.getvalue()
