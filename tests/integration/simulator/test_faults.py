"""Every fault to order."""

import time
import uuid

import pytest
import requests

from tests.integration.simulator.helpers import (
    Receiver,
    error_of,
    message,
    new_phone,
    send,
    send_batch,
    status_of,
    wait_until,
)
from tests.simulator_process import SimulatorProcess


class TestFaults:
    def test_all_are_off_by_default_and_an_order_replaces_the_last(
        self, simulator: SimulatorProcess
    ) -> None:
        quiet = simulator.call("GET", "/v1/faults").json()
        simulator.set_faults(latency_ms=5)
        simulator.set_faults(seed=7)

        assert simulator.call("GET", "/v1/faults").json() == quiet | {"seed": 7}
        assert not any(value for name, value in quiet.items() if name.endswith("_rate"))

    def test_latency(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(latency_ms=300)
        started = time.monotonic()

        send(simulator, message())

        assert time.monotonic() - started >= 0.3

    @pytest.mark.parametrize(
        ("status", "code"),
        [
            (400, "invalid_number"),
            (401, "unauthorised"),
            (422, "content_refused"),
            (429, "throttled"),
            (500, "internal_error"),
            (503, "unavailable"),
            (504, "ordered_error"),
        ],
    )
    def test_errors_send_nothing(self, simulator: SimulatorProcess, status: int, code: str) -> None:
        simulator.set_faults(error_rate=1, error_status=status)
        item = message(to=new_phone())

        answer = send(simulator, item)

        assert (answer.status_code, error_of(answer)) == (status, code)
        assert ("Retry-After" in answer.headers) == (status in {429, 503})
        assert simulator.texts(to=item["to"]) == []

    def test_some_errors_by_rate_and_the_same_ones_by_seed(
        self, simulator: SimulatorProcess
    ) -> None:
        def statuses() -> list[int]:
            simulator.set_faults(error_rate=0.3, seed=42)
            return [send(simulator, message()).status_code for _ in range(60)]

        first = statuses()

        assert first == statuses()
        assert 5 <= first.count(500) <= 35

    def test_a_server_error_fails_a_whole_batch(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(error_rate=1, error_status=503)

        answer = simulator.call("POST", "/v1/messages/batch", json={"messages": [message()]})

        assert (answer.status_code, error_of(answer)) == (503, "unavailable")

    def test_a_verdict_on_a_message_strikes_single_messages_of_a_batch(
        self, simulator: SimulatorProcess
    ) -> None:
        simulator.set_faults(error_rate=0.5, error_status=422)

        results = send_batch(simulator, [message() for _ in range(100)])

        states = [result["status"] for result in results]
        assert 20 < states.count("rejected") < 80
        assert {result.get("code") for result in results} == {None, "content_refused"}

    def test_throttling_answers_429_and_busy(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(throttle_per_second=0.1)  # one message in ten seconds
        phone = new_phone()

        first, second = send(simulator, message(to=phone)), send(simulator, message(to=phone))
        (third,) = send_batch(simulator, [message(to=phone)])

        assert first.status_code == 202
        assert (second.status_code, error_of(second)) == (429, "throttled")
        assert 1 <= int(second.headers["Retry-After"]) <= 10
        assert (third["status"], third["code"]) == ("busy", "throttled")
        assert 1 <= third["retry_after"] <= 10
        assert len(simulator.texts(to=phone)) == 1

    def test_throttling_passes_a_second_of_messages(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(throttle_per_second=50)

        states = [
            result["status"] for result in send_batch(simulator, [message() for _ in range(200)])
        ]

        assert 50 <= states.count("accepted") <= 60
        assert states.count("busy") == 200 - states.count("accepted")

    def test_timeout_after_acceptance_sends_but_never_answers(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        simulator.set_faults(timeout_after_acceptance_rate=1)
        item = message(to=new_phone(), callback_url=receiver.url)

        with pytest.raises(requests.ConnectionError):
            send(simulator, item)

        assert len(simulator.texts(to=item["to"])) == 1
        assert status_of(simulator, item) == "delivered"
        wait_until(lambda: receiver.receipts, what="its receipt")

    def test_timeout_after_acceptance_can_hang(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(timeout_after_acceptance_rate=1, hang_ms=5_000)
        item = message(to=new_phone())

        with pytest.raises(requests.ReadTimeout):
            simulator.call("POST", "/v1/messages/batch", json={"messages": [item]}, timeout=0.5)

        assert len(simulator.texts(to=item["to"])) == 1

    def test_lost_messages_are_accepted_and_never_seen_again(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        simulator.set_faults(lose_rate=1)
        lost = message(to=new_phone(), callback_url=receiver.url)
        assert send(simulator, lost).status_code == 202
        simulator.set_faults()
        kept = message(callback_url=receiver.url)
        send(simulator, kept)

        wait_until(lambda: receiver.receipts, what="the other receipt")

        assert [receipt["reference"] for receipt in receiver.receipts] == [kept["reference"]]
        assert simulator.texts(to=lost["to"]) == []
        assert status_of(simulator, lost) == "accepted"
        assert lost["to"] not in simulator.call("GET", "/").text

    def test_undelivered_messages_are_reported_and_reach_no_phone(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        simulator.set_faults(undelivered_rate=1)
        item = message(to=new_phone(), callback_url=receiver.url)
        send(simulator, item)

        wait_until(lambda: receiver.receipts, what="its receipt")

        (receipt,) = receiver.receipts
        assert (receipt["status"], receipt["code"]) == ("undelivered", "UNDELIV")
        assert "temporary" not in receipt
        assert simulator.texts(to=item["to"]) == []
        assert status_of(simulator, item) == "undelivered"

    def test_undelivered_messages_may_say_that_the_reason_may_pass(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        simulator.set_faults(undelivered_rate=1, temporary_rate=1)
        item = message(to=new_phone(), callback_url=receiver.url)
        send(simulator, item)

        wait_until(lambda: receiver.receipts, what="its receipt")

        answer = simulator.call(
            "POST", "/v1/messages/query", json={"references": [item["reference"]]}
        )
        for said in (receiver.receipts[0], answer.json()["results"][0]):
            assert (said["status"], said["code"], said["temporary"]) == (
                "undelivered",
                "EXPIRED",
                True,
            )

    def test_only_some_of_the_undelivered_may_pass(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        simulator.set_faults(undelivered_rate=0.8, temporary_rate=0.5, seed=3)
        send_batch(simulator, [message() for _ in range(60)], callback_url=receiver.url)

        wait_until(lambda: len(receiver.receipts) == 60, what="60 receipts")

        passing = [said for said in receiver.receipts if said.get("temporary")]
        assert 10 < len(passing) < 45
        assert {said["status"] for said in passing} == {"undelivered"}

    def test_receipts_can_be_late(self, simulator: SimulatorProcess, receiver: Receiver) -> None:
        simulator.set_faults(receipt_delay_ms=[700, 900])
        item = message(callback_url=receiver.url)
        started = time.monotonic()
        send(simulator, item)
        assert status_of(simulator, item) == "accepted"

        wait_until(lambda: receiver.receipts, what="its receipt")

        assert time.monotonic() - started >= 0.7
        assert status_of(simulator, item) == "delivered"

    def test_receipts_can_be_doubled(self, simulator: SimulatorProcess, receiver: Receiver) -> None:
        simulator.set_faults(double_receipt_rate=1)
        items = [message() for _ in range(20)]
        send_batch(simulator, items, callback_url=receiver.url)

        wait_until(lambda: len(receiver.receipts) == 40, what="two receipts each")

        references = sorted(receipt["reference"] for receipt in receiver.receipts)
        assert references == sorted([item["reference"] for item in items] * 2)
        # Some vendors repeat the identifier of a receipt, some do not: both occur.
        events = [receipt["event"] for receipt in receiver.receipts]
        assert 20 < len(set(events)) < 40

    def test_receipts_can_be_out_of_order(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        items = [message() for _ in range(30)]
        sent = [item["reference"] for item in items]
        simulator.set_faults(reorder_receipts=True)
        send_batch(simulator, items, callback_url=receiver.url)

        wait_until(lambda: len(receiver.receipts) == 30, what="30 receipts")

        came = [receipt["reference"] for receipt in receiver.receipts]
        assert came != sent
        assert sorted(came) == sorted(sent)

    def test_references_can_be_ignored(self, simulator: SimulatorProcess) -> None:
        simulator.set_faults(ignores_references=True)
        item = message(to=new_phone())

        first, second = send(simulator, item), send(simulator, item)

        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json()["id"] != second.json()["id"]
        assert len(simulator.texts(to=item["to"])) == 2

    def test_the_same_seed_strikes_the_same_messages(self, simulator: SimulatorProcess) -> None:
        references = [str(uuid.uuid4()) for _ in range(60)]

        def undelivered(*, order: int) -> set[str]:
            simulator.set_faults(undelivered_rate=0.5, seed=11, ignores_references=True)
            items = [message(reference=reference) for reference in references[::order]]
            send_batch(simulator, items)
            answer = simulator.call("POST", "/v1/messages/query", json={"references": references})
            return {
                result["reference"]
                for result in answer.json()["results"]
                if result["status"] == "undelivered"
            }

        first = undelivered(order=1)

        assert first == undelivered(order=-1)
        assert 10 < len(first) < 50
