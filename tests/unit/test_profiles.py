"""What each jurisdiction asks, where it is from, and that the strictest keeps to all."""

import re
from pathlib import Path

import pytest

from reminders.core.contact_rules import PROFILES, OwnLimits, loosenings
from reminders.core.profiles import LIMITS, REFUSAL_IN_OFFERS, Profile, strictest_of
from reminders.core.vocabulary import Certainty, RestDays

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "contact-rules.md"


def as_own(profile: Profile) -> OwnLimits:
    return OwnLimits(**{name: getattr(profile, name) for name in LIMITS})


def rows(profile: Profile) -> list[str]:
    """The profile's lines of the table in the document."""
    lines = []
    for name in LIMITS:
        figure = getattr(profile.figures, name)
        shown = f"{figure.value:%H:%M}" if hasattr(figure.value, "hour") else str(figure.value)
        how = figure.certainty.value.replace("_", " ")
        lines.append(f"| `{profile.name}` | `{name}` | {shown} | {how} | {figure.source} |")
    return lines


class TestProfiles:
    def test_are_those_of_the_jurisdictions_and_the_strictest(self) -> None:
        assert set(PROFILES) == {"china", "us_reg_f", "uk_conc", "india", "strictest"}

    @pytest.mark.parametrize("name", sorted(PROFILES))
    def test_say_where_each_figure_is_from(self, name: str) -> None:
        for limit in LIMITS:
            figure = getattr(PROFILES[name].figures, limit)
            assert figure.source
            assert figure.certainty in Certainty
            assert ("no " in figure.source[:3]) == (figure.certainty is Certainty.OUR_CHOICE)

    @pytest.mark.parametrize("name", sorted(PROFILES))
    def test_are_never_tighter_than_the_strictest(self, name: str) -> None:
        assert loosenings(PROFILES[name], own=as_own(PROFILES["strictest"])) == []

    def test_the_strictest_takes_each_figure_from_the_strictest_of_them(self) -> None:
        strictest = PROFILES["strictest"]

        assert strictest.figures.latest == PROFILES["india"].figures.latest
        assert strictest.rest_days is RestDays.HOLIDAYS
        for limit in LIMITS:
            figures = [getattr(profile.figures, limit) for profile in PROFILES.values()]
            assert getattr(strictest.figures, limit) in figures


class TestStrictestOf:
    @pytest.mark.parametrize("names", [("uk_conc", "india"), ("india", "uk_conc")])
    def test_looks_at_all_of_them(self, names: tuple[str, str]) -> None:
        made = strictest_of([PROFILES[name] for name in names])

        assert made.name == "strictest"
        assert made.figures.latest == PROFILES["india"].figures.latest


class TestOffers:
    def test_must_say_how_to_refuse_them_in_china_and_where_the_strictest_holds(self) -> None:
        assert set(REFUSAL_IN_OFFERS) == {"china", "strictest"}
        assert set(PROFILES) >= REFUSAL_IN_OFFERS


class TestDocument:
    def test_has_every_figure_with_its_source_and_no_other(self) -> None:
        told = re.findall(r"^\| `\w+` \| `\w+` \|.*$", DOCUMENT.read_text(), flags=re.MULTILINE)

        assert told == [line for profile in PROFILES.values() for line in rows(profile)]
