"""The score, what is wrong with it, and its table in the documentation."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.children import Verdict
from tests.mutation.mutants import ROOT, Mutant
from tests.mutation.reviewed import Ruling, Survivor, ordered

DOCUMENT = ROOT / "docs" / "mutation.md"
SCORE_MIN = 90.0
_BEGIN, _END = "<!-- written by make mutate -->\n", "<!-- until here -->\n"


@dataclass(frozen=True, slots=True)
class Score:
    """Killed of those that can be killed."""

    killed: int
    survived: int
    equivalent: int

    @property
    def percent(self) -> float:
        """100 where there is nothing to kill."""
        of = self.killed + self.survived
        return 100 * self.killed / of if of else 100.0


def score(verdicts: Mapping[str, Verdict], *, reviewed: Mapping[str, Survivor]) -> Score:
    """The score of these mutants. A survivor that nobody has reviewed counts as one."""
    alive = [name for name, verdict in verdicts.items() if not verdict.is_killed]
    equivalent = sum(
        name in reviewed and reviewed[name].ruling is Ruling.EQUIVALENT for name in alive
    )
    return Score(len(verdicts) - len(alive), len(alive) - equivalent, equivalent)


def problems(
    verdicts: Mapping[str, Verdict], *, reviewed: Mapping[str, Survivor], existing: set[str]
) -> list[str]:
    """Why the run fails, a line each; none when it is good."""
    found = [
        f"lives unexplained ({verdict}): {name}"
        for name, verdict in verdicts.items()
        if not verdict.is_killed and name not in reviewed
    ]
    found += [
        f"explained, but it is killed now: {name}"
        for name, verdict in verdicts.items()
        if verdict.is_killed and name in reviewed
    ]
    found += [f"explained, but it does not exist: {name}" for name in reviewed.keys() - existing]
    percent = score(verdicts, reviewed=reviewed).percent
    if percent < SCORE_MIN:
        found.append(f"the score is {percent:.1f} %, below {SCORE_MIN:.0f} %")
    return found


def table(
    mutants: Sequence[Mutant],
    *,
    verdicts: Mapping[str, Verdict],
    reviewed: Mapping[str, Survivor],
) -> str:
    """A line for each module and their sum, in Markdown."""
    by_module: dict[str, dict[str, Verdict]] = {}
    for mutant in mutants:
        by_module.setdefault(mutant.module, {})[mutant.name] = verdicts[mutant.name]
    lines = [
        "| module | mutants | killed | equivalent | survivors | score |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    lines += [_line(f"`{name}`", found, reviewed) for name, found in by_module.items()]
    lines.append(_line("**all**", verdicts, reviewed))
    return "\n".join(lines) + "\n"


def _line(name: str, verdicts: Mapping[str, Verdict], reviewed: Mapping[str, Survivor]) -> str:
    figures = score(verdicts, reviewed=reviewed)
    return (
        f"| {name} | {len(verdicts):,} | {figures.killed:,} | {figures.equivalent} |"
        f" {figures.survived} | {figures.percent:.1f} % |"
    )


def survivors_in_words(reviewed: Mapping[str, Survivor]) -> str:
    """The reviewed list as Markdown."""
    count = Counter(survivor.ruling for survivor in reviewed.values())
    lines: list[str] = []
    for ruling in (Ruling.TOLERATED, Ruling.EQUIVALENT):
        lines += ["", f"### {ruling.capitalize()} ({count[ruling]})", ""]
        lines += [
            f"- `{s.where}`: `{s.change}`. {s.why}" for s in ordered(reviewed) if s.ruling is ruling
        ]
    return "\n".join(lines) + "\n"


def write(text: str, *, document: Path = DOCUMENT) -> None:
    """Put `text` into the place of the documentation that is kept for it."""
    before, _, rest = document.read_text(encoding="utf-8").partition(_BEGIN)
    _, _, after = rest.partition(_END)
    document.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{after}", encoding="utf-8")
