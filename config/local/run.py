"""`make run`: checks, secrets, servers, set-up, and then the supervisor until Ctrl-C."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Self

from config.env import VARIABLES
from config.local import envfile, secrets
from config.local.claim import Claim
from config.local.ports import LOOPBACK, PortError, port_from, require_free
from config.local.processes import rotate
from config.local.programs import Program, programs
from config.local.reachable import require_reachable
from config.local.services import Services
from config.local.setup import Runner, Step, logins_file, steps
from config.local.signals import Signals, Stopped
from config.local.supervisor import Supervisor

_UP_SECONDS_MAX = 60.0


@dataclass(frozen=True, slots=True)
class Installation:
    """Where Duecourse lives, its ports, and what the environment said when we were started."""

    project: Path
    folder: Path
    port: int
    simulator_port: int
    given: Mapping[str, str]

    @classmethod
    def from_environment(cls, *, project: Path, folder: Path) -> Self:
        """The installation that the environment asks for. Raises PortError."""
        given = dict(os.environ)
        port = port_from(given, name="PORT", default=8000)
        simulator_port = port_from(given, name="SIMULATOR_PORT", default=8010)
        if port == simulator_port:
            raise PortError(f"PORT and SIMULATOR_PORT are both {port}: choose two")
        return cls(
            project=project, folder=folder, port=port, simulator_port=simulator_port, given=given
        )

    @property
    def web_url(self) -> str:
        """Address of the web process."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def simulator_url(self) -> str:
        """Address of the gateway simulator."""
        return f"http://{LOOPBACK}:{self.simulator_port}"

    def steps(self) -> list[Step]:
        """What is done before the programs start."""
        return steps(self.project, folder=self.folder)

    def programs(self) -> list[Program]:
        """What is kept running."""
        return programs(port=self.port, simulator_port=self.simulator_port, folder=self.folder)

    def environment(self, *, services: Mapping[str, str]) -> dict[str, str]:
        """What every program gets. What the environment says already wins over what we make."""
        ours = {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONUNBUFFERED": "1",  # so that the logs are in order
            "PORT": str(self.port),
            "SIMULATOR_PORT": str(self.simulator_port),
            "PUBLIC_URL": self.web_url,
            "SMS_GATEWAY_URL": self.simulator_url,
            **secrets.load_or_make(self.folder / "secrets.env"),
            **services,
        }
        return ours | {name: value for name, value in self.given.items() if value}


def run(here: Installation) -> int:
    """Runs Duecourse until a signal comes; the exit status: 0 when it had come up."""
    (here.folder / "log").mkdir(parents=True, exist_ok=True)
    is_up = False
    with Signals() as signals, Claim(here.folder) as claim:
        try:
            with signals.interrupting():
                claim.take({"web": here.web_url, "simulator": here.simulator_url})
                require_free(here.port, variable="PORT")
                require_free(here.simulator_port, variable="SIMULATOR_PORT")
                require_reachable(here.given)
                services = Services(
                    folder=here.folder, given=here.given, fast=False, keep_open=claim.processes
                )
                env = here.environment(services=services.environment)
                supervisor = Supervisor(
                    programs=here.programs(),
                    services=services,
                    env=env,
                    project=here.project,
                    logs=here.folder / "log",
                    keep_open=claim.processes,
                    say=say,
                )
        except Stopped as stopped:
            return 128 + stopped.number
        try:
            with signals.interrupting():
                started = time.monotonic()
                _start_servers(here, services=services)
                # To be sourced: so commands find the servers that are up, and their keys.
                with envfile.kept(here.folder / "env", _told(env)):
                    _start_programs(here, supervisor=supervisor, env=env)
                    is_up = True
                    _greet(here, env=env, seconds=time.monotonic() - started)
                    supervisor.watch()
        except Stopped as stopped:
            say("\nstopping (Ctrl-C again: at once)")
            return 0 if is_up else 128 + stopped.number
        finally:
            _wind_down(supervisor, signals=signals)


def _start_servers(here: Installation, *, services: Services) -> None:
    say(f"setting up Duecourse in {here.folder}")
    started = time.monotonic()
    services.start()
    if names := " and ".join(server.name for server in services.servers):
        say(f"  {names:<28} {time.monotonic() - started:5.1f} s")


def _start_programs(here: Installation, *, supervisor: Supervisor, env: Mapping[str, str]) -> None:
    log = here.folder / "log" / "setup.log"
    rotate(log)
    runner = Runner(project=here.project, env=env, log=log, say=say)
    for step in here.steps():
        runner.run(step)
    supervisor.start()
    silent = supervisor.wait_until_up(seconds=_UP_SECONDS_MAX)
    for child in silent:
        say(f"{child.program.name} is not up yet; see {child.log}")


def _wind_down(supervisor: Supervisor, *, signals: Signals) -> None:
    try:
        with signals.interrupting():
            supervisor.stop()
    except Stopped:
        supervisor.kill()
    say("stopped")


def _told(env: Mapping[str, str]) -> dict[str, str]:
    """What `var/env` tells: the settings that are in force, and not the whole shell."""
    return {name: env[name] for name in ("DJANGO_SETTINGS_MODULE", *VARIABLES) if name in env}


def _logins(here: Installation, *, password: str) -> Iterator[str]:
    """Lines that say who to sign in as, from what `create_demo_logins` has printed."""
    with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        logins = json.loads(logins_file(here.folder).read_text())
        names = ", ".join(login["username"] for login in logins)
        yield f"Sign in as        {names}"
        yield f"Password          {password}"


def _greet(here: Installation, *, env: Mapping[str, str], seconds: float) -> None:
    say(f"\nDuecourse is up after {seconds:.0f} s.\n")
    say(f"  Staff pages       {here.web_url}/staff/")
    say(f"  Administration    {here.web_url}/admin/")
    say(f"  Simulated phones  {here.simulator_url}/")
    for line in _logins(here, password=env["DEMO_PASSWORD"]):
        say(f"  {line}")
    say(f"  Logs              {here.folder / 'log'}")
    say(f"  Commands          . {quote(str(here.folder / 'env'))}; .venv/bin/python manage.py help")
    say("\nCtrl-C stops it; the data stay. Nothing leaves this machine.\n")


def say(words: str) -> None:
    """Tells the person at the console; a console that is gone is no reason to fall over."""
    with suppress(OSError):
        print(words, flush=True)
