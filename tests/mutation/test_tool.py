"""The tool itself: which faults it makes, how it names them, and when a run is good."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.mutation import memory, report, reviewed
from tests.mutation.children import Verdict
from tests.mutation.mutants import ROOT, all_mutants, mutants_in
from tests.mutation.reviewed import Ruling, Survivor
from tests.mutation.selection import test_files as files_of_tests

A, B = Verdict.KILLED, Verdict.SURVIVED
SURVIVOR = Survivor("m:f", "a → b", Ruling.TOLERATED, "why")


def changes(source: str) -> list[str]:
    """The faults made in a module of the core with this text."""
    made = mutants_in(source, path=ROOT / "reminders" / "core" / "tried.py")
    return [mutant.change for mutant in made]


class TestFaults:
    @pytest.mark.parametrize(
        ("source", "made"),
        [
            ("x = a < b", ["a < b → a <= b", "a < b → a >= b"]),
            ("x = a == b", ["a == b → a != b"]),
            ("x = a and b", ["a and b → a or b", "a and b → b", "a and b → a"]),
            ("x = not a", ["not a → a"]),
            ("x = a + 2", ["a + 2 → a - 2", "a + 2 → a + 3"]),
            ("x = f(True)", ["f(True) → f(False)"]),
            ("x = f('1.50')", ["f('1.50') → f('2.50')"]),
            ("x = f('word')", ["f('word') → f('XXword')"]),
            ("x = min(a)", ["min(a) → max(a)"]),
            ("x = {a, b}", ["{a, b} → {b}", "{a, b} → {a}"]),
            ("x = (a, b, c)", [f"(a, b, c) → {few}" for few in ("(b, c)", "(a, c)", "(a, b)")]),
            ("x = a[:b]", ["a[:b] → a[:]"]),
            ("x = [a for a in b if c]", ["c → not c"]),
            ("if a: f()", ["a → not a", "f() → pass"]),
            ("def f():\n    return a", ["return a → return None"]),
            ("def f():\n    a += b", ["a += b → pass", "a += b → a -= b"]),
        ],
    )
    def test_are_slips_that_compile(self, source: str, made: list[str]) -> None:
        assert changes(source) == made

    @pytest.mark.parametrize(
        "source",
        [
            '"""A docstring."""',
            "import a",
            "def f(a: int = b) -> int | None:\n    assert a < 3",
            "@decorated(True)\nclass A:\n    a: dict[str, int]",
            "Verdict = Send | Skip",
            "def f():\n    return None",
        ],
    )
    def test_leave_alone_what_says_nothing(self, source: str) -> None:
        assert changes(source) == []

    def test_are_numbered_where_they_are_alike(self) -> None:
        assert changes("x = f(1)\ny = f(1)") == ["f(1) → f(2)", "f(1) → f(2) #2"]

    def test_know_their_place_and_when_they_run(self) -> None:
        source = "LIMIT = 1\n\nclass A:\n    def f(self, a=2):\n        return 3\n"

        made = mutants_in(source, path=ROOT / "reminders" / "core" / "tried.py")

        assert [(m.where.partition(":")[2], m.runs_at_import) for m in made] == [
            ("module", True),
            ("A.f", True),
            ("A.f", False),
            ("A.f", False),
        ]

    def test_have_names_of_their_own_and_can_all_be_compiled(self) -> None:
        every = all_mutants()

        assert len({mutant.name for mutant in every}) == len(every) > 1_000
        for mutant in every[::50]:
            assert mutant.code() != compile(mutant.tree, str(mutant.path), "exec")


class TestTests:
    def test_of_the_core_alone_are_chosen(self) -> None:
        chosen = files_of_tests()

        assert "tests/unit/test_eligibility.py" in chosen
        assert "tests/properties/test_calendar.py" in chosen
        assert "tests/unit/test_env.py" not in chosen  # needs Django


class TestVerdict:
    def test_is_good_when_every_survivor_is_explained(self) -> None:
        verdicts = {SURVIVOR.name: B} | {f"m:{n}": A for n in range(9)}
        known = {SURVIVOR.name: SURVIVOR}

        assert report.problems(verdicts, reviewed=known, existing=set(verdicts)) == []
        assert report.score(verdicts, reviewed=known).percent == 90.0

    def test_names_who_lives_unexplained(self) -> None:
        verdicts = {"m:f: x": B} | {f"m:{n}": A for n in range(9)}

        assert report.problems(verdicts, reviewed={}, existing=set(verdicts)) == [
            "lives unexplained (survived): m:f: x"
        ]

    @pytest.mark.parametrize("verdicts", [{SURVIVOR.name: A}, {"m:f: other": A}])
    def test_names_an_explanation_that_explains_nothing(self, verdicts: dict[str, Verdict]) -> None:
        known = {SURVIVOR.name: SURVIVOR}

        (problem,) = report.problems(verdicts, reviewed=known, existing=set(verdicts))

        assert problem.startswith("explained, but it")

    def test_is_bad_below_ninety(self) -> None:
        verdicts = {SURVIVOR.name: B, "m:f: c → d": A}
        known = {SURVIVOR.name: SURVIVOR}

        assert report.problems(verdicts, reviewed=known, existing=set(verdicts)) == [
            "the score is 50.0 %, below 90 %"
        ]

    def test_leaves_equivalent_ones_out_of_the_score(self) -> None:
        same = Survivor("m:f", "a → b", Ruling.EQUIVALENT, "nothing differs")

        figures = report.score({same.name: B, "m:f: c → d": A}, reviewed={same.name: same})

        assert (figures.percent, figures.equivalent) == (100.0, 1)


class TestMemory:
    def test_knows_who_was_killed_until_the_module_changes(self, tmp_path: Path) -> None:
        module = tmp_path / "tried.py"
        module.write_text("x = f(1)\ny = f(2)\n")
        file = tmp_path / "var" / "kept.json"
        made = [
            replace(mutant, path=module)
            for mutant in mutants_in(module.read_text(), path=ROOT / "reminders/core/tried.py")
        ]
        memory.remember(made, {made[0].name: A, made[1].name: B}, file=file)

        assert memory.killed_before(made, file=file) == {made[0].name: A}
        module.write_text("x = f(1)\ny = f(3)\n")
        assert memory.killed_before(made, file=file) == {}


class TestReviewedList:
    def test_names_only_faults_that_exist(self) -> None:
        assert reviewed.read().keys() <= {mutant.name for mutant in all_mutants()}

    def test_stands_in_the_documentation(self) -> None:
        told = report.DOCUMENT.read_text(encoding="utf-8")

        assert report.survivors_in_words(reviewed.read()).strip() in told

    @pytest.mark.parametrize("why", ["", " "])
    def test_wants_a_reason(self, why: str, tmp_path: Path) -> None:
        rows = tmp_path / "survivors.toml"
        rows.write_text(
            f'[[survivor]]\nwhere = "m:f"\nchange = "x"\nruling = "equivalent"\nwhy = "{why}"\n'
        )

        with pytest.raises(ValueError, match="m:f: x"):
            reviewed.read(rows)
