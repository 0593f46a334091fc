"""Signed callbacks, and trying again."""

import hashlib
import hmac
import socket
from datetime import datetime

from tests.integration.simulator.helpers import Receiver, message, send, send_batch, wait_until
from tests.simulator_process import SimulatorProcess


class TestReceipts:
    def test_a_receipt_is_signed_and_names_its_message(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        item = message(callback_url=receiver.url)
        identifier = send(simulator, item).json()["id"]

        wait_until(lambda: receiver.calls, what="a receipt")

        headers, body = receiver.calls[0]
        timestamp = headers["X-Signature-Timestamp"]
        expected = hmac.new(
            simulator.secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256
        ).hexdigest()
        assert headers["X-Signature"] == expected
        (receipt,) = receiver.receipts
        assert abs(float(timestamp) - datetime.fromisoformat(receipt.pop("at")).timestamp()) < 5
        assert receipt.pop("event")
        assert receipt == {
            "reference": item["reference"],
            "id": identifier,
            "status": "delivered",
            "code": "DELIVRD",
        }

    def test_receipts_of_a_batch_come_together(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        items = [message() for _ in range(200)]
        send_batch(simulator, items, callback_url=receiver.url)

        wait_until(lambda: len(receiver.receipts) == 200, what="200 receipts")

        assert len(receiver.calls) == 1
        assert len({receipt["event"] for receipt in receiver.receipts}) == 200

    def test_a_receipt_is_tried_again_until_the_receiver_takes_it(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        receiver.status = 503
        item = message(callback_url=receiver.url)
        send(simulator, item)
        wait_until(lambda: receiver.calls, what="the first try")
        receiver.status = 200

        wait_until(lambda: len(receiver.calls) == 2, what="the second try")

        first, second = receiver.receipts
        assert first == second
        wait_until(lambda: simulator.stats()["receipts_pending"] == 0, what="an empty outbox")

    def test_a_receipt_outlasts_a_receiver_that_was_down(self, simulator: SimulatorProcess) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            port = reserved.getsockname()[1]
        refused = simulator.stats()["receipts_refused"]
        item = message(callback_url=f"http://127.0.0.1:{port}/hooks")
        send(simulator, item)
        wait_until(lambda: simulator.stats()["receipts_refused"] > refused, what="a failed try")

        receiver = Receiver(port)
        try:
            wait_until(lambda: receiver.receipts, what="the receipt")
        finally:
            receiver.close()

        assert [receipt["reference"] for receipt in receiver.receipts] == [item["reference"]]

    def test_one_receiver_that_is_down_holds_up_no_other(
        self, simulator: SimulatorProcess, receiver: Receiver
    ) -> None:
        with socket.socket() as silent:  # takes the connection, never answers
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            send(simulator, message(callback_url=f"http://127.0.0.1:{silent.getsockname()[1]}/"))
            send(simulator, message(callback_url=receiver.url))

            wait_until(lambda: receiver.receipts, what="the other's receipt")
