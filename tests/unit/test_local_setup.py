"""Ports, set-up steps and the words for what went wrong, without any server."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.local import ports, reachable, setup
from config.local.processes import describe_exit, exit_status, tail


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server.getsockname()[1]


class TestPorts:
    def test_takes_the_default_when_nothing_is_said(self) -> None:
        assert ports.port_from({"PORT": ""}, name="PORT", default=8000) == 8000

    @pytest.mark.parametrize("raw", ["http", "0", "65536", "-1", "80.5"])
    def test_refuses_what_is_no_port_and_names_the_variable(self, raw: str) -> None:
        with pytest.raises(ports.PortError, match=f"PORT={raw}"):
            ports.port_from({"PORT": raw}, name="PORT", default=8000)

    def test_says_which_port_is_taken_and_how_to_choose_another(self, taken_port: int) -> None:
        with pytest.raises(ports.PortError, match=rf"port {taken_port} .*make run SIMULATOR_PORT="):
            ports.require_free(taken_port, variable="SIMULATOR_PORT")

    def test_says_when_this_user_may_not_have_the_port(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ports, "_why_not", lambda _: PermissionError())
        with pytest.raises(ports.PortError, match=r"port 80 .*may not be used.* PORT=8300"):
            ports.require_free(80, variable="PORT")

    def test_finds_a_free_one(self) -> None:
        assert ports.is_free(ports.free_port())


class TestReachable:
    @pytest.mark.parametrize(
        ("name", "url"),
        [
            ("DATABASE_URL", "postgres://someone:hush@127.0.0.1:1/book"),
            ("REDIS_URL", "redis://:hush@127.0.0.1:1/0"),
            ("CELERY_BROKER_URL", "amqp://someone:hush@127.0.0.1:1//"),
        ],
    )
    def test_names_the_silent_server_but_not_its_password(self, name: str, url: str) -> None:
        with pytest.raises(reachable.Unreachable) as caught:
            reachable.require_reachable({name: url})
        said = str(caught.value)
        assert name in said
        assert "127.0.0.1:1" in said
        assert "What to do" in said
        assert "hush" not in said

    def test_asks_nothing_of_servers_that_are_not_named(self) -> None:
        reachable.require_reachable({"DATABASE_URL": ""})


class TestSteps:
    @pytest.fixture
    def said(self) -> list[str]:
        return []

    @pytest.fixture
    def runner(self, tmp_path: Path, said: list[str]) -> setup.Runner:
        log = tmp_path / "setup.log"
        return setup.Runner(project=tmp_path, env=os.environ, log=log, say=said.append)

    def test_tells_the_seconds_of_each(self, runner: setup.Runner, said: list[str]) -> None:
        runner.run(setup.Step("a thing to do", [sys.executable, "-c", "print('done')"]))
        assert said[0].split()[:4] == ["a", "thing", "to", "do"]
        assert said[0].endswith(" s")

    def test_skips_what_is_not_needed(self, runner: setup.Runner, said: list[str]) -> None:
        runner.run(setup.Step("nothing", ["/no/such/program"], is_needed=lambda: False))
        assert said[0].endswith("-")

    def test_stops_at_a_failure_with_its_name_and_last_words(self, runner: setup.Runner) -> None:
        done: list[str] = []
        step = setup.Step(
            "bad step",
            [sys.executable, "-c", "raise SystemExit('the cause')"],
            when_done=lambda: done.append("wrongly"),
        )
        with pytest.raises(setup.StepFailed, match=r"(?s)bad step.*status 1.*the cause"):
            runner.run(step)
        assert not done

    def test_shows_the_progress_of_a_long_one(
        self, runner: setup.Runner, said: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(setup, "_PATIENCE_SECONDS", 0.1)
        code = "import time; print('row 7 of 9', flush=True); time.sleep(0.6)"
        runner.run(setup.Step("long", [sys.executable, "-c", code]))
        assert any("row 7 of 9" in line for line in said[:-1])

    def test_keeps_what_is_meant_for_machines_apart(
        self, runner: setup.Runner, tmp_path: Path
    ) -> None:
        code = "import sys; print('[1]'); print('chatter', file=sys.stderr)"
        output = tmp_path / "out.json"
        runner.run(setup.Step("speaks", [sys.executable, "-c", code], output=output))
        assert output.read_text() == "[1]\n"
        assert "chatter" in (tmp_path / "setup.log").read_text()

    def test_compiles_translations_only_when_they_have_changed(self, tmp_path: Path) -> None:
        catalogue = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
        catalogue.parent.mkdir(parents=True)
        step = setup.translations(tmp_path)
        assert not step.is_needed()
        catalogue.write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n')
        assert step.is_needed()
        log = tmp_path / "log"
        setup.Runner(project=tmp_path, env=os.environ, log=log, say=lambda _: None).run(step)
        assert catalogue.with_suffix(".mo").exists()
        assert not step.is_needed()
        os.utime(catalogue.with_suffix(".mo"), (0, 0))
        assert step.is_needed()


class TestProcesses:
    def test_says_how_a_process_ended(self) -> None:
        assert describe_exit(3) == "exited with status 3"
        assert describe_exit(-9) == "was killed by SIGKILL"
        assert exit_status(-15) == 143

    def test_reads_the_last_lines_of_a_log(self, tmp_path: Path) -> None:
        log = tmp_path / "log"
        log.write_text("".join(f"line {number}\n" for number in range(5_000)))
        assert tail(log, lines=2) == ["line 4998", "line 4999"]
        assert tail(tmp_path / "none") == []
