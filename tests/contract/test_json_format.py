"""The JSON format of docs/adding-a-gateway.md: what the answers and callbacks in it mean."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reminders.gateways import json_http
from reminders.gateways.base import (
    Accepted,
    Busy,
    Outcome,
    ReadReceipts,
    Rejected,
    Status,
    Text,
    Unclear,
)
from reminders.gateways.json_http import CODES
from reminders.gateways.receipts_json import read_callback
from tests.contract.conftest import SECRET, TOKEN, GatewayAt, a_text, texts
from tests.contract.servers import answers, answers_each, misbehaving

AT = "2026-11-23T10:00:00+08:00"
AT_UTC = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

# One entry of an answer, without its reference, and what it means.
ENTRIES: list[tuple[dict[str, Any], Outcome]] = [
    ({"status": "accepted", "id": "p-1"}, Accepted("p-1")),
    ({"status": "accepted", "id": 17}, Accepted("17")),
    ({"status": "accepted"}, Accepted("")),
    ({"status": "accepted", "id": ["p"]}, Accepted("")),
    ({"status": "accepted", "id": "p\0\ud800" + "x" * 200}, Accepted("p" + "x" * 125)),
    (
        {"status": "rejected", "code": "invalid_number"},
        Rejected("invalid_number", address_unusable=True),
    ),
    ({"status": "rejected", "code": "new_one"}, Rejected("new_one")),
    ({"status": "rejected"}, Rejected("rejected")),
    ({"status": "rejected", "code": "no_balance"}, Busy("no_balance")),
    ({"status": "busy", "code": "throttled", "retry_after": 3}, Busy("throttled", 3.0)),
    ({"status": "busy", "retry_after": float("nan")}, Busy("busy")),
    ({"status": "busy", "retry_after": float("inf")}, Busy("busy")),
    ({"status": "busy", "retry_after": -1}, Busy("busy")),
    ({"status": "busy", "retry_after": 10**400}, Busy("busy")),
    ({"status": "busy", "retry_after": True}, Busy("busy")),
    ({"status": "maybe"}, Unclear("unreadable_answer")),
    ({"status": None}, Unclear("unreadable_answer")),
    ({"status": ["accepted"]}, Unclear("unreadable_answer")),
    ({"status": "ACCEPTED"}, Unclear("unreadable_answer")),
]


def send_to(batches_at: GatewayAt, some: list[Text], results: Sequence[object]) -> list[Outcome]:
    """Send a batch to a gateway that answers with these results."""
    with misbehaving(answers(200, {"results": results})) as server:
        return batches_at(server.url).send(some)


class TestAnswer:
    @pytest.mark.parametrize(("entry", "meaning"), ENTRIES)
    def test_to_one_text(
        self, gateway_at: GatewayAt, entry: dict[str, Any], meaning: Outcome
    ) -> None:
        text = a_text()
        with misbehaving(answers(202, {"reference": text.reference, **entry})) as server:
            assert gateway_at(server.url).send([text]) == [meaning]

    @pytest.mark.parametrize(("entry", "meaning"), ENTRIES)
    def test_to_one_text_of_a_batch(
        self, batches_at: GatewayAt, entry: dict[str, Any], meaning: Outcome
    ) -> None:
        some = texts(2)
        good = {"reference": some[0].reference, "status": "accepted", "id": "a"}

        answered = send_to(batches_at, some, [good, {"reference": some[1].reference, **entry}])

        assert answered == [Accepted("a"), meaning]

    def test_for_another_text_proves_nothing(self, gateway_at: GatewayAt) -> None:
        with misbehaving(answers(200, {"reference": "another", "status": "accepted"})) as server:
            assert gateway_at(server.url).send(texts(1)) == [Unclear("answer_for_another")]

    @pytest.mark.parametrize("count", [1, 2])
    @pytest.mark.parametrize("status", [200, 400, 418, 500, 503])
    def test_with_a_known_code_means_that_whatever_the_status(
        self, gateway_at: GatewayAt, status: int, count: int
    ) -> None:
        with misbehaving(answers(status, {"error": {"code": "no_balance"}})) as server:
            assert set(gateway_at(server.url).send(texts(count))) == {Busy("no_balance")}

    @pytest.mark.parametrize("code", CODES)
    def test_with_any_known_code_means_what_the_table_says(
        self, gateway_at: GatewayAt, code: str
    ) -> None:
        with misbehaving(answers(400, {"error": {"code": code}})) as server:
            assert gateway_at(server.url).send(texts(1)) == [CODES[code]]

    @pytest.mark.parametrize(
        ("status", "meaning"),
        [
            (400, Rejected("new_one")),
            (422, Rejected("new_one")),
            (200, Unclear("unreadable_answer")),
            (500, Unclear("http_500")),
        ],
    )
    def test_with_an_unknown_code_means_what_the_status_says(
        self, gateway_at: GatewayAt, status: int, meaning: Outcome
    ) -> None:
        with misbehaving(answers(status, {"error": {"code": "new_one"}})) as server:
            assert gateway_at(server.url).send(texts(1)) == [meaning]


class TestAnswerToABatch:
    def test_is_matched_by_reference_and_not_by_order(self, batches_at: GatewayAt) -> None:
        def reversed_with_own_ids(document: dict[str, Any]) -> object:
            accepted = [
                {"reference": m["reference"], "status": "accepted", "id": f"for {m['to']}"}
                for m in document["messages"]
            ]
            return {"results": accepted[::-1]}

        some = texts(5)
        with misbehaving(answers_each(reversed_with_own_ids)) as server:
            assert batches_at(server.url).send(some) == [Accepted(f"for {t.to}") for t in some]

    def test_leaves_what_it_does_not_name_unclear(self, batches_at: GatewayAt) -> None:
        some = texts(3)
        named = [{"reference": t.reference, "status": "accepted", "id": ""} for t in some]

        answered = send_to(batches_at, some, [named[2], named[0]])

        assert answered == [Accepted(""), Unclear("not_in_answer"), Accepted("")]

    def test_may_name_more_than_was_asked(self, batches_at: GatewayAt) -> None:
        some = texts(2)
        named = [{"reference": t.reference, "status": "accepted"} for t in [*some, a_text()]]

        assert send_to(batches_at, some, [None, 3, *named, {}]) == [Accepted(""), Accepted("")]

    def test_that_contradicts_itself_is_unclear(self, batches_at: GatewayAt) -> None:
        some = texts(2)
        yes = [{"reference": t.reference, "status": "accepted", "id": "a"} for t in some]
        no = {"reference": some[0].reference, "status": "rejected", "code": "invalid_number"}

        for results in ([*yes, no], [no, *yes], [*yes, no, yes[0]]):
            assert send_to(batches_at, some, results) == [
                Unclear("contradictory_answer"),
                Accepted("a"),
            ]

    def test_that_repeats_itself_is_believed(self, batches_at: GatewayAt) -> None:
        some = texts(2)
        yes = [{"reference": t.reference, "status": "accepted", "id": "a"} for t in some]

        assert send_to(batches_at, some, [*yes, *yes]) == [Accepted("a"), Accepted("a")]


class TestRequest:
    def test_for_one_text_carries_what_it_needs(self, gateway_at: GatewayAt) -> None:
        text = a_text()
        with misbehaving(answers(429)) as server:
            gateway_at(server.url).send([text])
            head, _, body = server.requests[0].partition(b"\r\n\r\n")

        assert f"Idempotency-Key: {text.reference}".encode() in head
        assert json.loads(body) == {
            "reference": text.reference,
            "to": text.to,
            "body": text.body,
            "callback_url": "",
        }

    def test_names_where_receipts_go(self) -> None:
        url = "https://lender.example/hooks/json_http/receipts"
        with misbehaving(answers(429)) as server:
            gateway = json_http.json_http(
                url=server.url, token=TOKEN, secret=SECRET, callback_url=url
            )
            gateway.send(texts(1))
            gateway.send(texts(2))
            sent = [json.loads(r.partition(b"\r\n\r\n")[2]) for r in server.requests]

        assert [document["callback_url"] for document in sent] == [url, url]

    def test_for_a_second_text_does_not_carry_the_key_of_the_first(
        self, gateway_at: GatewayAt
    ) -> None:
        first, second = texts(2)
        with misbehaving(answers(429)) as server:
            gateway = gateway_at(server.url)
            gateway.send([first])
            gateway.send([second])

            assert first.reference.encode() not in server.requests[1]


class TestQuery:
    def test_reads_every_status(self, gateway_at: GatewayAt) -> None:
        results = [
            {"reference": "a", "status": "delivered", "id": "p", "code": "DELIVRD", "at": AT},
            {"reference": "b", "status": "not_found"},
            {"reference": "c", "status": "undelivered", "code": "number_not_in_service"},
            {"reference": "d", "status": "accepted", "at": "yesterday"},
        ]
        with misbehaving(answers(200, {"results": results})) as server:
            a, b, c, d = gateway_at(server.url).query(["a", "b", "c", "d"])

        assert (a.status, a.code, a.happened_at, a.provider_id) == (
            "delivered",
            "DELIVRD",
            AT_UTC,
            "p",
        )
        assert (b.status, b.happened_at) == ("not_found", None)
        assert (c.status, c.address_unusable) == ("undelivered", True)
        assert (d.status, d.happened_at) == ("accepted", None)

    def test_leaves_out_what_is_not_clear(self, gateway_at: GatewayAt) -> None:
        results = [
            {"reference": "a", "status": "not_found"},
            {"reference": "a", "status": "delivered"},
            {"reference": "b", "status": "lost"},
            {"reference": "never asked", "status": "not_found"},
        ]
        with misbehaving(answers(200, {"results": results})) as server:
            assert gateway_at(server.url).query(["a", "b", "c"]) == []

    def test_asks_in_portions(self, gateway_at: GatewayAt) -> None:
        def not_found(document: dict[str, Any]) -> object:
            found = [{"reference": r, "status": "not_found"} for r in document["references"]]
            return {"results": found}

        with misbehaving(answers_each(not_found)) as server:
            gateway = gateway_at(server.url)
            portion = 500 if gateway.name == "simulator" else 100
            asked = [str(number) for number in range(portion * 2 + 1)]

            assert [status.reference for status in gateway.query(asked)] == asked
            assert len(server.requests) == 3


def read(*items: object) -> ReadReceipts:
    return read_callback(json.dumps({"receipts": items}))


class TestCallback:
    def test_is_read_in_full(self) -> None:
        item = {
            "reference": "a",
            "id": "p-1",
            "status": "delivered",
            "code": "DELIVRD",
            "at": AT,
            "event": "e-1",
        }

        assert read(item) == ReadReceipts(
            (Status("a", "delivered", "DELIVRD", AT_UTC, "a/e-1", False, "p-1"),), ()
        )

    @pytest.mark.parametrize(
        ("item", "problem"),
        [
            (None, "must be a JSON object"),
            ("delivered", "must be a JSON object"),
            ({"status": "delivered"}, "reference must be"),
            ({"reference": "", "status": "delivered"}, "reference must be"),
            ({"reference": "x" * 129, "status": "delivered"}, "reference must be"),
            ({"reference": "nul\0", "status": "delivered"}, "reference must be"),
            ({"reference": "half\ud800", "status": "delivered"}, "reference must be"),
            ({"reference": ["a"], "status": "delivered"}, "reference must be"),
            ({"reference": "a"}, "status must be one of"),
            ({"reference": "a", "status": "lost"}, "status must be one of"),
            ({"reference": "a", "status": ["delivered"]}, "status must be one of"),
            ({"reference": "a", "status": "not_found"}, "status must be one of"),
        ],
    )
    def test_with_an_unreadable_item_names_it_and_takes_the_others(
        self, item: object, problem: str
    ) -> None:
        good = {"reference": "a", "status": "delivered", "event": "e"}

        callback = read(good, item, good)

        assert [status.event for status in callback.statuses] == ["a/e", "a/e"]
        (line,) = callback.problems
        assert line.startswith("receipts[1]: ")
        assert problem in line

    @pytest.mark.parametrize(
        "at",
        ["soon", "2026-11-23T10:00:00", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+23:00", 7],
    )
    def test_with_an_unreadable_time_is_taken_without_it(self, at: object) -> None:
        callback = read({"reference": "a", "status": "delivered", "event": "e", "at": at})

        assert callback.statuses[0].happened_at is None
        assert "taken without it" in callback.problems[0]

    def test_with_a_code_that_cannot_be_stored_is_taken_with_what_can(self) -> None:
        (status,) = read(
            {"reference": "a", "status": "undelivered", "code": "E\0\ud800" + "x" * 99}
        ).statuses

        assert status.code == "E" + "x" * 61

    @pytest.mark.parametrize("code", ["invalid_number", "number_not_in_service"])
    def test_says_that_a_number_is_dead(self, code: str) -> None:
        for word, dead in (("undelivered", True), ("delivered", False)):
            (status,) = read({"reference": "a", "status": word, "code": code}).statuses
            assert status.address_unusable is dead

    def test_without_events_tells_different_statements_apart(self) -> None:
        accepted = {"reference": "a", "status": "accepted", "at": AT}
        delivered = {"reference": "a", "status": "delivered", "at": AT}

        events = [status.event for status in read(accepted, delivered, accepted).statuses]

        assert events[0] == events[2] != events[1]

    def test_keeps_events_apart_that_are_numbered_for_each_text(self) -> None:
        one = {"reference": "a", "status": "delivered", "event": "1"}
        other = {"reference": "b", "status": "delivered", "event": "1"}

        assert len({status.event for status in read(one, other).statuses}) == 2

    def test_keeps_long_events_apart(self) -> None:
        first, second = read(
            *({"reference": "a", "status": "delivered", "event": "e" * 300 + end} for end in "xy")
        ).statuses

        assert first.event != second.event
        assert len(first.event) <= 128

    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["reference", "status", "code", "at", "event", "id"])
                    | st.text(max_size=3),
                    inner | st.sampled_from(["delivered", "accepted", "undelivered", AT]),
                )
            ),
            max_leaves=30,
        )
    )
    def test_of_any_shape_is_read_or_named(self, item: object) -> None:
        callback = read(item, item)

        assert len(callback.statuses) in {0, 2}
        assert callback.statuses or len(callback.problems) == 2
        for status in callback.statuses:
            assert 0 < len(status.event) <= 128
            assert all(text.isprintable() for text in (status.event, status.code, status.reference))
