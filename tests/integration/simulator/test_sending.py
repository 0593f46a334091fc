"""Sending and querying."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from tests.integration.simulator.helpers import PHONE, message, new_phone, send, send_batch
from tests.simulator_process import SimulatorProcess


class TestSending:
    def test_accepts_a_message_and_the_phone_has_it(self, simulator: SimulatorProcess) -> None:
        item = message(to=new_phone(), sender="【某某金融】")

        answer = send(simulator, item)

        assert answer.status_code == 202
        body = answer.json()
        assert body == {
            "reference": item["reference"],
            "id": body["id"],
            "status": "accepted",
            "parts": 1,
        }
        (text,) = simulator.texts(to=item["to"])
        assert text["reference"] == item["reference"]
        assert (text["id"], text["sender"], text["body"]) == (
            body["id"],
            "【某某金融】",
            item["body"],
        )

    def test_a_repeated_reference_is_answered_and_not_sent_again(
        self, simulator: SimulatorProcess
    ) -> None:
        item = message(to=new_phone())
        refused = simulator.stats()["duplicates_refused"]

        first, second = send(simulator, item), send(simulator, item)

        assert (first.status_code, second.status_code) == (202, 200)
        assert first.json() == second.json()
        assert len(simulator.texts(to=item["to"])) == 1
        assert simulator.stats()["duplicates_refused"] == refused + 1

    @pytest.mark.parametrize(
        ("to", "sender", "body", "parts"),
        [
            (PHONE, "【某某金融】", "还" * 64, 1),  # the signature counts: 6 + 64
            (PHONE, "【某某金融】", "还" * 65, 2),
            (PHONE, "", "a" * 71, 2),  # in China, ASCII counts like Chinese
            ("+14155550123", "", "a" * 160, 1),
            ("+14155550123", "", "a" * 152 + "€" + "a" * 152, 3),
        ],
    )
    def test_counts_parts_by_the_country(
        self, simulator: SimulatorProcess, to: str, sender: str, body: str, parts: int
    ) -> None:
        item = message(to=to, sender=sender, body=body)

        assert send(simulator, item).json()["parts"] == parts

    def test_a_batch_answers_each_message_in_order(self, simulator: SimulatorProcess) -> None:
        good, again = message(to=new_phone()), message(to=new_phone())
        items = [good, message(to="12345"), message(body=" "), "nonsense", again, again]

        results = send_batch(simulator, items)

        assert [result["status"] for result in results] == [
            *("accepted", "rejected", "rejected", "rejected", "accepted", "accepted")
        ]
        assert [result.get("code") for result in results[1:4]] == [
            *("invalid_number", "empty_body", "malformed")
        ]
        assert results[4]["id"] == results[5]["id"]
        assert [result["reference"] for result in results] == [
            item["reference"] if isinstance(item, dict) else None for item in items
        ]
        assert len(simulator.texts(to=again["to"])) == 1

    def test_many_at_once_arrive_once_each(self, simulator: SimulatorProcess) -> None:
        phone = new_phone()
        items = [message(to=phone) for _ in range(40)]

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda item: send(simulator, item), items * 2))

        assert sorted(answer.status_code for answer in answers) == [200] * 40 + [202] * 40
        texts = simulator.texts(to=phone)
        assert sorted(text["reference"] for text in texts) == sorted(
            item["reference"] for item in items
        )

    def test_texts_can_be_read_page_by_page(self, simulator: SimulatorProcess) -> None:
        phone = new_phone()
        items = [message(to=phone) for _ in range(5)]
        send_batch(simulator, items)

        first = simulator.call("GET", "/v1/texts", params={"to": phone, "limit": 3}).json()
        rest = simulator.call(
            "GET", "/v1/texts", params={"to": phone, "after": first["next_after"]}
        ).json()

        references = [text["reference"] for text in first["texts"] + rest["texts"]]
        assert references == [item["reference"] for item in items]


class TestQuerying:
    def test_tells_what_became_of_a_message(self, simulator: SimulatorProcess) -> None:
        item = message()
        identifier = send(simulator, item).json()["id"]

        state = simulator.call("GET", f"/v1/messages/{item['reference']}").json()

        assert datetime.fromisoformat(state.pop("at")).tzinfo == UTC
        assert state == {
            "reference": item["reference"],
            "id": identifier,
            "status": "delivered",
            "code": "DELIVRD",
        }

    def test_tells_of_many_at_once(self, simulator: SimulatorProcess) -> None:
        known, unknown = message(), str(uuid.uuid4())
        send(simulator, known)

        answer = simulator.call(
            "POST", "/v1/messages/query", json={"references": [unknown, known["reference"]]}
        )

        first, second = answer.json()["results"]
        assert first == {"reference": unknown, "status": "not_found"}
        assert (second["reference"], second["status"]) == (known["reference"], "delivered")
