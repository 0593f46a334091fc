"""What operators and load balancers ask, without signing in."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django.asserts import assertNumQueries
from pytest_django.fixtures import Settings

from reminders.core.vocabulary import MessageState, ReminderState
from reminders.queries.limbo import LIMBOS
from tests.builders import NOW
from tests.clocks import set_clock
from tests.reminder_builders import a_message, a_reminder

LIMBO_NAMES = [limbo.name for limbo in LIMBOS]


def metrics(client: Client) -> dict[str, dict[str, float]]:
    """Value of each state, by name of the metric, as Prometheus reads it."""
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")
    return {
        family.name: {sample.labels["state"]: sample.value for sample in family.samples}
        for family in text_string_to_metric_families(response.content.decode())
    }


class TestHealthz:
    def test_it_asks_nothing_of_anybody(self, client: Client) -> None:
        """No database fixture: a query would fail the test."""
        response = client.get("/healthz")

        assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
class TestReadyz:
    def test_it_is_ready_when_all_is_there(self, client: Client, redis_url: str) -> None:
        response = client.get("/readyz")

        assert response.status_code == 200
        assert response.json() == {
            "ready": True,
            "checks": {"database": "ok", "migrations": "ok", "redis": "ok"},
        }

    def test_without_redis_it_says_so_and_tells_no_password(
        self, client: Client, settings: Settings
    ) -> None:
        settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["checks"]["redis"] == "Redis does not answer"
        assert "secret" not in response.content.decode()

    def test_a_missing_migration_is_named(self, client: Client) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'reminders'")

        response = client.get("/readyz")

        assert response.status_code == 503
        assert "not migrated: reminders.0001_initial" in response.json()["checks"]["migrations"]


class TestReadyzWithoutDatabase:
    def test_it_says_so(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        from django.db import OperationalError

        def broken() -> None:
            raise OperationalError("connection to server at 10.0.0.5 failed")

        monkeypatch.setattr(connection, "cursor", broken)
        monkeypatch.setattr(connection, "ensure_connection", broken)

        response = client.get("/readyz")

        assert response.status_code == 503
        assert response.json()["checks"]["database"] == "the database does not answer"
        assert "10.0.0.5" not in response.content.decode()


@pytest.mark.django_db
class TestMetrics:
    def test_every_state_is_there_from_the_first_day(self, client: Client) -> None:
        assert metrics(client) == {
            "duecourse_messages_total": dict.fromkeys(MessageState, 0.0),
            "duecourse_reminders_total": dict.fromkeys(ReminderState, 0.0),
            "duecourse_limbo": dict.fromkeys(LIMBO_NAMES, 0.0),
            "duecourse_limbo_oldest_seconds": dict.fromkeys(LIMBO_NAMES, 0.0),
            "duecourse_limbo_age_max_seconds": {
                limbo.name: limbo.age_max.total_seconds() for limbo in LIMBOS
            },
        }

    def test_rows_are_counted_by_state(self, client: Client) -> None:
        for state in ("delivered", "delivered", "unknown"):
            a_message(reminder=a_reminder(), state=state)
        a_reminder()

        found = metrics(client)

        assert found["duecourse_messages_total"]["delivered"] == 2
        assert found["duecourse_messages_total"]["unknown"] == 1
        assert sum(found["duecourse_messages_total"].values()) == 3
        assert found["duecourse_reminders_total"]["planned"] == 1
        assert found["duecourse_reminders_total"]["messaged"] == 3

    def test_what_waits_is_counted_with_the_age_of_the_oldest(
        self, client: Client, settings: Settings
    ) -> None:
        set_clock(settings, NOW + timedelta(days=4))
        a_message(state="unknown", opened_at=NOW)

        found = metrics(client)

        assert found["duecourse_limbo"]["message_for_a_person"] == 1
        age = found["duecourse_limbo_oldest_seconds"]["message_for_a_person"]
        assert 4 * 86_400 <= age < 4 * 86_400 + 60

    def test_it_costs_four_statements_and_one_for_each_limbo(self, client: Client) -> None:
        with assertNumQueries(4 + len(LIMBOS)):
            metrics(client)
