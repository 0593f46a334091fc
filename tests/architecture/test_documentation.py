"""The documentation is in step: every setting, command and make target is told, and no other."""

import re
from pathlib import Path

import pytest

from config.env import VARIABLES
from reminders.queries.limbo import LIMBOS, Limbo

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = sorted(
    path.stem
    for app in ("accounts", "reminders")
    for path in (ROOT / app / "management" / "commands").glob("*.py")
    if path.stem != "__init__"
)
TARGETS = re.findall(r"^([a-z]+):[^#\n]*## ", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


class TestSettings:
    @pytest.mark.parametrize("name", sorted(VARIABLES))
    def test_are_told(self, name: str) -> None:
        assert f"`{name}`" in text("docs/settings.md")

    def test_that_do_not_exist_are_not_told(self) -> None:
        told = set(re.findall(r"^\| `([A-Z_]+)`", text("docs/settings.md"), flags=re.MULTILINE))

        assert told == set(VARIABLES)


class TestCommands:
    @pytest.mark.parametrize("name", COMMANDS)
    def test_are_told(self, name: str) -> None:
        assert f"`{name}" in text("docs/commands.md")

    def test_that_do_not_exist_are_not_told(self) -> None:
        told = set(re.findall(r"^## `([a-z_]+)", text("docs/commands.md"), flags=re.MULTILINE))

        assert told == set(COMMANDS)


class TestMake:
    @pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
    @pytest.mark.parametrize("target", ["run", "test"])
    def test_the_two_commands_are_in_the_readme(self, readme: str, target: str) -> None:
        assert f"make {target}" in text(readme)

    @pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
    def test_every_target_named_in_the_readme_exists(self, readme: str) -> None:
        named = set(re.findall(r"`?make ([a-z]+)", text(readme)))

        assert named <= set(TARGETS)


class TestLimbos:
    """Whatever waits has a row in the runbook: who ends it, and how old it may get."""

    ROWS = re.findall(
        r"^\| `(\w+)` \| .+? \| .+? \| (\d+ \w+) \| .+ \|$",
        text("docs/runbook.md"),
        flags=re.MULTILINE,
    )

    def age(self, limbo: Limbo) -> str:
        minutes = int(limbo.age_max.total_seconds()) // 60
        if minutes % (24 * 60) == 0:
            return f"{minutes // (24 * 60)} days"
        return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"

    def test_are_told_with_their_greatest_age_and_no_other(self) -> None:
        assert [(limbo.name, self.age(limbo)) for limbo in LIMBOS] == self.ROWS
