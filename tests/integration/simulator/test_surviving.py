"""Kill -9, restarts, orderly stops, and refusals to start."""

import subprocess
import sys
import time
from datetime import datetime
from typing import Any

import pytest

from tests.integration.simulator.helpers import (
    SECONDS_MAX,
    Receiver,
    message,
    send,
    send_batch,
    wait_until,
)
from tests.simulator_process import ROOT, SimulatorProcess


class TestSurviving:
    def test_kill_9_loses_no_accepted_message_and_no_receipt(self) -> None:
        receiver = Receiver()
        try:
            with SimulatorProcess() as simulator:
                simulator.set_faults(receipt_delay_ms=[1_500, 1_500])
                items = [message() for _ in range(50)]
                results = send_batch(simulator, items, callback_url=receiver.url)
                simulator.kill()
                assert receiver.receipts == []

                simulator.restart()

                assert [text["id"] for text in simulator.texts()] == [
                    result["id"] for result in results
                ]
                assert send(simulator, items[0]).json()["id"] == results[0]["id"]
                assert simulator.stats()["accepted"] == 50
                faults = simulator.call("GET", "/v1/faults").json()
                assert faults["receipt_delay_ms"] == [1_500, 1_500]
                wait_until(lambda: len(receiver.receipts) == 50, what="receipts after a restart")
                assert sorted(receipt["id"] for receipt in receiver.receipts) == sorted(
                    result["id"] for result in results
                )
        finally:
            receiver.close()

    def test_tries_are_counted_across_a_restart(self) -> None:
        receiver = Receiver()
        receiver.status = 500
        try:
            with SimulatorProcess() as simulator:
                send(simulator, message(callback_url=receiver.url))
                wait_until(lambda: simulator.stats()["receipts_refused"], what="a failed try")
                simulator.restart()
                receiver.status = 200

                wait_until(lambda: simulator.stats()["receipts_sent"] == 1, what="the receipt")

                assert simulator.stats()["receipts_pending"] == 0
        finally:
            receiver.close()

    def test_stops_when_asked_even_while_a_page_watches(self) -> None:
        with SimulatorProcess() as simulator:
            stream = simulator.call("GET", "/stream", stream=True)
            started = time.monotonic()

            assert simulator.stop() == 0

            assert time.monotonic() - started < 5
            stream.close()

    @pytest.mark.parametrize("missing", ["SMS_GATEWAY_TOKEN", "SMS_GATEWAY_SECRET"])
    def test_refuses_to_start_without_its_secrets(self, missing: str, tmp_path: Any) -> None:
        environment = {"SMS_GATEWAY_TOKEN": "t", "SMS_GATEWAY_SECRET": "s"} | {missing: ""}

        ended = run_to_its_end(["--port", "0", "--store", str(tmp_path)], environment)

        assert ended.returncode == 2
        assert missing in ended.stderr

    @pytest.mark.parametrize(
        ("name", "value"),
        [("LOG_LEVEL", "chatty"), ("CLOCK_SHIFT_SECONDS", "soon"), ("TIME_ZONE", "Mars/Base")],
    )
    def test_names_a_setting_that_it_cannot_use(self, name: str, value: str, tmp_path: Any) -> None:
        environment = {"SMS_GATEWAY_TOKEN": "t", "SMS_GATEWAY_SECRET": "s", name: value}

        ended = run_to_its_end(["--port", "0", "--store", str(tmp_path)], environment)

        assert ended.returncode == 2
        assert name in ended.stderr
        assert "Traceback" not in ended.stderr

    def test_says_that_its_port_or_its_store_is_taken(self, simulator: SimulatorProcess) -> None:
        environment = {"SMS_GATEWAY_TOKEN": "t", "SMS_GATEWAY_SECRET": "s"}
        other = str(simulator.store / "other")

        port_taken = run_to_its_end(["--port", str(simulator.port), "--store", other], environment)
        store_taken = run_to_its_end(["--port", "0", "--store", str(simulator.store)], environment)

        assert port_taken.returncode == store_taken.returncode == 2
        assert f"cannot listen on 127.0.0.1:{simulator.port}" in port_taken.stderr
        assert "another simulator already uses the store" in store_taken.stderr

    def test_its_clock_can_be_moved_like_the_products(self) -> None:
        with SimulatorProcess(environment={"CLOCK_SHIFT_SECONDS": "86400"}) as simulator:
            send(simulator, message())

            (text,) = simulator.texts()

        ahead = datetime.fromisoformat(text["at"]).timestamp() - time.time()  # noqa: TID251
        assert 86_300 < ahead < 86_500


def run_to_its_end(
    arguments: list[str], environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "reminders.simulator", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
