"""The parts of dispatch that the profile tells apart, and the names that it gives to statements."""

import re
from collections import Counter
from pathlib import Path

from reminders.sql import statement
from tests.bench.profiling import PARTS, _beginnings, _name, _parts

ROOT = Path(__file__).resolve().parents[2]
_FRAME = re.compile(r"(?:\w+\.)?(\w+) \((.*)")


class TestParts:
    def test_are_functions_that_the_product_has(self) -> None:
        sources = {
            str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
            for path in (ROOT / "reminders").rglob("*.py")
        }
        for begins in PARTS:
            found = _FRAME.fullmatch(begins)
            assert found is not None, begins
            name, place = found.groups()
            files = [text for path, text in sources.items() if path.startswith(place)]
            assert any(f"def {name}(" in text for text in files), begins

    def test_count_what_is_on_a_processor_once_and_innermost_first(self) -> None:
        task = (
            "trace_task (celery/app/trace.py:454);dispatch_all (reminders/pipeline/dispatch.py:67)"
        )
        decides = "_decide_all (reminders/pipeline/opening.py:195);decide (reminders/core/e.py:45)"

        found = _parts(
            [
                f"{task};{decides};ask (reminders/core/rules.py:247) 30",
                f"{task} 5",
                "_run (celery/worker.py:1) 2",
                "run (threading.py:9);_worker (concurrent/futures/thread.py:69) 900",
            ]
        )

        assert found == Counter(
            {
                PARTS["decide (reminders/core"]: 30,
                PARTS["dispatch_all (reminders/pipeline"]: 5,
                "Celery, and what is around the task": 2,
            }
        )


class TestNames:
    def test_are_those_of_our_files_whatever_stands_for_the_parameters(self) -> None:
        as_counted = re.sub(r"%\(\w+\)s", "$7", statement("record_decisions"))
        as_counted = as_counted.replace("'skipped'", "$3")

        assert _name(as_counted, begins=_beginnings()) == "`record_decisions.sql`"

    def test_of_others_are_how_they_begin(self) -> None:
        assert _name("SELECT  $1\n FROM ONLY x", begins=_beginnings()) == "`SELECT ? FROM ONLY x`"
