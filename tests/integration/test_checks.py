"""A wrong setting is named before anything is sent."""

import pytest
from pytest_django.fixtures import Settings

from reminders.checks import configuration


class TestConfiguration:
    def test_is_fine_as_delivered(self) -> None:
        assert configuration() == []

    @pytest.mark.parametrize(
        ("name", "value", "check"),
        [
            ("CONTACT_PROFILE", "mars", "duecourse.E001"),
            ("SMS_GATEWAY", "pigeon", "duecourse.E001"),
            ("SMS_GATEWAY_REGION", "mars", "duecourse.E001"),
            ("SMS_GATEWAY_URL", "ftp://gateway", "duecourse.E002"),
            ("FIELD_KEYS", "short", "duecourse.E003"),
            ("FIELD_KEYS", "", "duecourse.E003"),
            ("SEND_LEASE_SECONDS", 13, "duecourse.E005"),
            ("SMS_GATEWAY_TEXTS_PER_REQUEST", 501, "duecourse.E006"),
            ("SMS_GATEWAY_CONNECTIONS", 0, "duecourse.E006"),
            ("SMS_GATEWAY_CONNECTIONS", 257, "duecourse.E006"),
            ("SMS_GATEWAY_PARTS_PER_SECOND", -1, "duecourse.E006"),
            ("BORROWER_SECOND_FACT", "birthday", "duecourse.E001"),
            ("BORROWER_LINK_DAYS", 0, "duecourse.E006"),
            ("BORROWER_PLAN_TERMS", 37, "duecourse.E006"),
            ("BORROWER_PLAN_TERMS_AGREED", -1, "duecourse.E006"),
            ("HIGH_RISK_DAYS", 32, "duecourse.E006"),
            ("SMS_PRICE", -1, "duecourse.W001"),
        ],
    )
    def test_names_what_is_wrong(
        self, name: str, value: object, check: str, settings: Settings
    ) -> None:
        setattr(settings, name, value)

        found = configuration()

        assert [message.id for message in found] == [check]
        assert name in found[0].msg

    def test_does_not_let_a_moved_clock_reach_real_people(self, settings: Settings) -> None:
        settings.CLOCK_SHIFT_SECONDS = 3_600
        assert configuration() == []

        settings.SMS_GATEWAY = "json_http"

        assert [message.id for message in configuration()] == ["duecourse.E004"]

    def test_warns_of_a_lease_that_a_slow_call_outlives(self, settings: Settings) -> None:
        settings.SMS_GATEWAY = "json_http"
        assert configuration() == []

        settings.SEND_LEASE_SECONDS = 60

        assert [message.id for message in configuration()] == ["duecourse.W003"]
