"""The pages and the live stream."""

import json
import re
from typing import Any

import pytest

from tests.integration.simulator.helpers import (
    message,
    new_phone,
    send,
    send_batch,
    status_of,
    wait_until,
)
from tests.simulator_process import SimulatorProcess


class Events:
    """Reads a stream of server-sent events, one at a time."""

    def __init__(self, simulator: SimulatorProcess, query: str, **headers: str) -> None:
        self.answer = simulator.call("GET", f"/stream{query}", stream=True, headers=headers)
        assert self.answer.status_code == 200, self.answer.text
        self._lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def next(self, kind: str) -> tuple[str, Any]:
        """The id and data of the next event of that kind."""
        fields: dict[str, str] = {}
        for line in self._lines:
            name, _, value = line.partition(": ")
            fields[name] = value
            if not line:
                if fields.get("event") == kind:
                    return fields["id"], json.loads(fields["data"])
                fields = {}
        pytest.fail("the stream ended")

    def close(self) -> None:
        self.answer.close()


class TestPeople:
    def test_the_list_shows_each_phone_with_its_last_text(
        self, simulator: SimulatorProcess
    ) -> None:
        phone = new_phone()
        send(simulator, message(to=phone, body="第一条"))
        send(simulator, message(to=phone, body="第二条"))

        page = simulator.call("GET", "/", params={"q": phone[-6:]}, headers={}).text

        (card,) = re.findall(f'<li class="card" data-phone="{re.escape(phone)}">.*?</li>', page)
        assert "第二条" in card
        assert "第一条" not in card

    def test_a_phone_shows_its_texts_with_signature_parts_and_state(
        self, simulator: SimulatorProcess
    ) -> None:
        phone = new_phone()
        send(simulator, message(to=phone, body="【某某金融】" + "还" * 80))

        answer = simulator.call("GET", f"/phones/{phone}?lang=en", headers={})

        assert answer.status_code == 200
        assert '<span class="signature">【某某金融】</span>' in answer.text
        assert "2 SMS" in answer.text
        assert "Delivered" in answer.text
        assert '<html lang="en">' in answer.text

    @pytest.mark.parametrize(
        ("query", "accepted", "words"),
        [
            ("", "zh-CN,zh;q=0.9,en;q=0.8", "短信模拟器"),
            ("", "en-GB,en;q=0.9,zh;q=0.5", "SMS simulator"),
            ("", "fr", "SMS simulator"),
            ("", "zh;q=broken, en;q=0.1", "SMS simulator"),
            ("?lang=zh", "en", "短信模拟器"),
            ("?lang=en", "zh-CN", "SMS simulator"),
        ],
    )
    def test_pages_speak_the_readers_language(
        self, simulator: SimulatorProcess, query: str, accepted: str, words: str
    ) -> None:
        page = simulator.call("GET", f"/{query}", headers={"Accept-Language": accepted}).text

        assert f"<title>{words}</title>" in page

    def test_what_is_sent_cannot_become_markup(self, simulator: SimulatorProcess) -> None:
        phone = new_phone()
        evil = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)> http://x/"onclick=1 $home'
        send(simulator, message(to=phone, body=evil, sender="<i>【x】</i>"))

        pages = [
            simulator.call("GET", path, headers={}).text
            for path in ("/", f"/phones/{phone}", '/?q="><script>&lang="><script>')
        ]

        for page in pages:
            assert "<script>" not in page
            assert "<img src=x" not in page
            assert "<i>" not in page
            assert '"onclick' not in page

    def test_pages_ask_no_other_host(self, simulator: SimulatorProcess) -> None:
        answer = simulator.call("GET", "/", headers={})
        style = simulator.call("GET", "/assets/style.css", headers={}).text
        script = simulator.call("GET", "/assets/live.js", headers={}).text

        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "http" not in style + script
        head = answer.text.partition("<main")[0]
        assert set(re.findall(r'(?:src|href)="([^"]*)"', head)) == {
            "#texts",
            "/",
            "/?lang=zh",
            "/assets/icon.svg",
            "/assets/live.js",
            "/assets/style.css",
        }

    def test_a_wrong_number_has_no_phone(self, simulator: SimulatorProcess) -> None:
        assert simulator.call("GET", "/phones/somebody", headers={}).status_code == 404
        assert simulator.call("GET", f"/phones/{new_phone()}", headers={}).status_code == 200
        assert simulator.call("GET", "/assets/..%2fapp.py", headers={}).status_code == 404

    def test_health(self, simulator: SimulatorProcess) -> None:
        assert simulator.call("GET", "/healthz", headers={}).json() == {"status": "ok"}


class TestStream:
    def test_texts_and_their_states_come_live(self, simulator: SimulatorProcess) -> None:
        phone = new_phone()
        simulator.set_faults(receipt_delay_ms=[300, 300])
        events = Events(simulator, f"?to=%2B{phone[1:]}&view=phone")
        events.next("hello")
        item = message(to=phone)
        send(simulator, message())  # another phone's, not shown here
        send(simulator, item)

        _, text = events.next("text")
        _, state = events.next("state")
        events.close()

        assert (text["reference"], text["status"]) == (item["reference"], "accepted")
        assert item["body"] in text["html"]
        assert (state["reference"], state["status"]) == (item["reference"], "delivered")

    def test_a_reader_that_reconnects_misses_nothing(self) -> None:
        with SimulatorProcess() as simulator:
            events = Events(simulator, "?view=feed")
            send(simulator, message())
            place, first = events.next("text")
            simulator.kill()
            events.close()
            simulator.restart()
            missed = [message() for _ in range(3)]
            send_batch(simulator, missed)

            again = Events(simulator, "?view=feed", **{"Last-Event-ID": place})
            came = [again.next("text")[1]["reference"] for _ in range(3)]
            again.close()

            assert first["seq"] == 1
            assert came == [item["reference"] for item in missed]

    def test_a_state_that_settled_meanwhile_is_told_after_reconnecting(
        self, simulator: SimulatorProcess
    ) -> None:
        simulator.set_faults(receipt_delay_ms=[500, 500])
        item = message(to=new_phone())
        events = Events(simulator, "")
        send(simulator, item)
        place, _ = events.next("text")
        events.close()
        wait_until(lambda: status_of(simulator, item) == "delivered", what="delivery")

        again = Events(simulator, "", **{"Last-Event-ID": place})
        _, state = again.next("state")
        again.close()

        assert (state["reference"], state["status"]) == (item["reference"], "delivered")

    def test_a_reader_far_behind_is_moved_up(self) -> None:
        with SimulatorProcess() as simulator:
            for _ in range(6):
                send_batch(simulator, [message() for _ in range(500)])

            events = Events(simulator, "?after=0&view=feed")
            _, gap = events.next("gap")
            _, text = events.next("text")
            events.close()

            assert gap["skipped"] == 2_800
            assert text["seq"] == 2_801
