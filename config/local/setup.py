"""What is done before the programs start, one step after another, with progress to be seen."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.local.errors import CannotGoOn
from config.local.processes import (
    POLL_SECONDS,
    describe_exit,
    has_ended,
    kill,
    spawn,
    tail,
)

_PATIENCE_SECONDS = 10.0
_MANAGE = (sys.executable, "manage.py")


class StepFailed(CannotGoOn):
    """A step ended badly; the message names it and carries its last words."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command with a title for people; `is_needed` says whether it has anything to do."""

    title: str
    command: Sequence[str]
    is_needed: Callable[[], bool] = lambda: True
    when_done: Callable[[], None] = lambda: None
    output: Path | None = None  # gets what it prints for machines; the log gets the rest


def steps(project: Path, *, folder: Path) -> list[Step]:
    """The steps of `make run`. Each may be repeated: done again, it changes nothing."""
    static, collected = folder / "static", folder / "static.collected"
    return [
        Step("database tables", [*_MANAGE, "migrate", "--no-input"]),
        translations(project),
        Step(
            "style sheets and scripts",
            [*_MANAGE, "collectstatic", "--no-input", "--verbosity", "0"],
            is_needed=lambda: (
                not static.is_dir() or not _is_written(collected, _static_state(project))
            ),
            when_done=lambda: _write(collected, _static_state(project)),
        ),
        Step("periodic tasks", [*_MANAGE, "create_schedule"]),
        Step("roles of staff", [*_MANAGE, "create_roles"]),
        Step(
            "demonstration logins",
            [*_MANAGE, "create_demo_logins", "--format", "json"],
            output=logins_file(folder),
        ),
        Step("policy and texts", [*_MANAGE, "load_shipped_policy"]),
        Step("days of rest", [*_MANAGE, "load_calendar", "--shipped"]),
        Step("demonstration book", [*_MANAGE, "load_demo_book"]),
        Step("a campaign, as a draft", [*_MANAGE, "load_shipped_campaign"]),
    ]


def logins_file(folder: Path) -> Path:
    """Where the names of the demonstration logins are kept; their password is a secret."""
    return folder / "logins.json"


def translations(project: Path) -> Step:
    """Compiles the message catalogues without gettext; what is marked fuzzy is left out."""
    compile_all = [sys.executable, "-m", "babel.messages.frontend", "compile"]
    return Step(
        "translations",
        [*compile_all, "--directory", "locale", "--domain", "django"],
        is_needed=lambda: _translations_are_old(project / "locale"),
    )


class Runner:
    """Runs steps in `project` and tells about them through `say`."""

    def __init__(
        self, *, project: Path, env: Mapping[str, str], log: Path, say: Callable[[str], None]
    ) -> None:
        self._project = project
        self._env = env
        self._log = log
        self._say = say

    def run(self, step: Step) -> None:
        """Runs `step` if it is needed. Raises StepFailed."""
        if not step.is_needed():
            self._say(f"  {step.title:<28}    -")
            return
        started = time.monotonic()
        process = spawn(
            step.command, env=self._env, cwd=self._project, log=self._log, output=step.output
        )
        try:
            self._watch(process, title=step.title, started=started)
        finally:
            kill(process)  # when we were told to stop in the middle of it
        if process.returncode:
            words = [f'the step "{step.title}" {describe_exit(process.returncode)}:']
            words += tail(self._log, lines=25)
            words.append(f"(all of it: {self._log}; the command: {' '.join(step.command)})")
            raise StepFailed("\n    ".join(words))
        step.when_done()
        self._say(f"  {step.title:<28} {time.monotonic() - started:5.1f} s")

    def _watch(self, process: "subprocess.Popen[bytes]", *, title: str, started: float) -> None:
        told = started
        while not has_ended(process):
            time.sleep(POLL_SECONDS)
            if time.monotonic() - told > _PATIENCE_SECONDS:
                told = time.monotonic()
                last = "".join(tail(self._log, lines=1)).strip()
                self._say(f"  {title} … {told - started:.0f} s so far: {last[:100]}")


def _translations_are_old(locale: Path) -> bool:
    for catalogue in locale.glob("*/LC_MESSAGES/django.po"):
        compiled = catalogue.with_suffix(".mo")
        if not compiled.exists() or compiled.stat().st_mtime < catalogue.stat().st_mtime:
            return True
    return False


def _static_state(project: Path) -> str:
    """Changes when a file under static/ or the installed packages do."""
    files = sorted(path for path in (project / "static").rglob("*") if path.is_file())
    files += sorted((project / ".venv").glob("*.installed"))
    return "\n".join(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for path in files)


def _is_written(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def _write(path: Path, text: str) -> None:
    path.write_text(text)
