"""Addresses of staff pages."""

from datetime import date

from django.urls import URLPattern, path, register_converter

from reminders.web import (
    staff,
    staff_actions,
    staff_book,
    staff_borrower,
    staff_delivery,
    staff_effect,
    staff_evidence,
    staff_notes,
    staff_replies,
    staff_run,
    staff_unknown,
    staff_work,
)

app_name = "staff"


class DayConverter:
    """A day as `2026-11-23`."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def to_python(self, value: str) -> date:
        """Raises ValueError, which Django answers with 404."""
        day = date.fromisoformat(value)
        if not 2000 <= day.year < 2100:
            raise ValueError(value)
        return day

    def to_url(self, value: date) -> str:
        """The other way."""
        return value.isoformat()


register_converter(DayConverter, "day")

# A lender's number may hold a slash, so it is a path, and what stands behind it comes first.
_BORROWER = "borrowers/<path:customer_no>"

urlpatterns: list[URLPattern] = [
    path("", staff.home, name="home"),
    path("day/<day:day>/<slug:figure>/", staff.day_list, name="day_list"),
    path("promises/", staff_work.promises, name="promises"),
    path("high-risk/", staff_work.high_risk, name="high_risk"),
    path("undeliverable/", staff_work.undeliverable, name="undeliverable"),
    path("overview/", staff_run.overview, name="overview"),
    path("overview/<slug:part>/", staff_run.run_list, name="run_list"),
    path("delivery/", staff_delivery.overview, name="delivery"),
    path("delivery/<slug:figure>/", staff_delivery.day_by_day, name="day_by_day"),
    path("collections/", staff_book.overview, name="book"),
    path("collections/late/<int:bucket>/", staff_book.late_list, name="late_list"),
    path("collections/rolled/<day:day>/", staff_book.roll_list, name="roll_list"),
    path("collections/due/<day:day>/<int:after_days>/", staff_book.cohort_list, name="cohort_list"),
    path("effect/", staff_effect.overview, name="effect"),
    path("effect/ratings/", staff_effect.rating_list, name="rating_list"),
    path("effect/<int:policy_id>/<int:after_days>/", staff_effect.group_list, name="group_list"),
    path("texts/<day:day>/<slug:figure>/", staff_run.text_list, name="text_list"),
    path("unknown/", staff_unknown.unknown, name="unknown"),
    path("unknown/<int:message_id>/settle/", staff_unknown.settle_unknown, name="settle_unknown"),
    path("replies/", staff_replies.replies, name="replies"),
    path("replies/<int:reply_id>/read/", staff_replies.read_reply, name="read_reply"),
    path("replies/<int:reply_id>/agree/", staff_replies.agree_to_plan, name="agree_to_plan"),
    path(f"{_BORROWER}/timeline/", staff_borrower.borrower_timeline, name="timeline"),
    path(f"{_BORROWER}/pulse/", staff_borrower.pulse, name="pulse"),
    path(f"{_BORROWER}/hold/", staff_actions.hold, name="hold"),
    path(f"{_BORROWER}/hold/<int:hold_id>/release/", staff_actions.release, name="release"),
    path(f"{_BORROWER}/number/", staff_actions.correct_number, name="number"),
    path(f"{_BORROWER}/note/", staff_notes.note, name="note"),
    path(f"{_BORROWER}/undo/<slug:what>/<int:row_id>/", staff_notes.undo, name="undo"),
    path(f"{_BORROWER}/by-hand/", staff_actions.by_hand, name="by_hand"),
    path(f"{_BORROWER}/evidence.json", staff_evidence.evidence_file, name="evidence_file"),
    path(f"{_BORROWER}/evidence/", staff_evidence.evidence_page, name="evidence"),
    path(f"{_BORROWER}/links/", staff_replies.links, name="links"),
    path(f"{_BORROWER}/links/new/", staff_replies.new_link, name="new_link"),
    path(f"{_BORROWER}/links/<int:link_id>/revoke/", staff_replies.revoke_link, name="revoke_link"),
    path(f"{_BORROWER}/", staff_borrower.borrower, name="borrower"),
]
