"""`--write`: the figures of a size into docs/, and tables and chart of all sizes made anew."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.report import as_markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE, FIGURES, CHART = DOCS / "performance.md", DOCS / "performance", DOCS / "performance.svg"
SIZES = {"1k": 1_000, "2k": 2_000, "10k": 10_000, "100k": 100_000, "1M": 1_000_000}
_LINES = ("import", "plan", "dispatch_batch", "dispatch_single", "receipts_batch", "receipts_apply")


def write(document: Mapping[str, Any]) -> None:
    """Keep the figures, and put all that are kept between the markers of docs/performance.md."""
    FIGURES.mkdir(exist_ok=True)
    kept = FIGURES / f"{document['size']}.json"
    kept.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    documents = [
        json.loads((FIGURES / f"{size}.json").read_text(encoding="utf-8"))
        for size in SIZES
        if (FIGURES / f"{size}.json").exists()
    ]
    put_between("make bench", _section(documents))
    _draw(documents)


def put_between(mark: str, text: str) -> None:
    """Put this between the markers of that name in docs/performance.md. Raises ValueError."""
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_section(page, mark=mark, text=text), encoding="utf-8")


def with_section(page: str, *, mark: str, text: str) -> str:
    """The page with this text between its markers. Raises ValueError if it has none."""
    begin, end = f"<!-- begin: {mark} -->", f"<!-- end: {mark} -->"
    if begin not in page or end not in page:
        raise ValueError(f"the page has no {begin} or no {end}")
    before, _, rest = page.partition(begin)
    after = rest.partition(end)[2]
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def _section(documents: list[Mapping[str, Any]]) -> str:
    parts = []
    for one in documents:
        parts.append(f"### {one['size']} borrowers")
        parts.append(
            f"{one['date']}, {one['machine']}, load {one['load']} when it began; "
            f"{one['runs']} runs:\n\n```console\n$ {one['command']}\n```"
        )
        parts.append(as_markdown(one))
    parts.append("![CPU seconds per thousand against borrowers](performance.svg)")
    return "\n\n".join(parts)


def _draw(documents: list[Mapping[str, Any]]) -> None:
    """CPU seconds for a thousand, of every stage at every size that was measured."""
    import matplotlib as mpl

    mpl.use("svg")
    # Without these every drawing would differ from the last, although nothing has changed.
    mpl.rcParams["svg.hashsalt"] = "duecourse"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(8, 4.5))
    for name in _LINES:
        points = [
            (SIZES[one["size"]], one["stages"][name]["cpu_seconds_per_1000"])
            for one in documents
            if name in one["stages"]
        ]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", label=name)
    axes.set(xscale="log", yscale="log", xlabel="borrowers in the book")
    axes.set_ylabel("CPU seconds per 1,000 (rows, reminders, messages, receipts)")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    figure.savefig(CHART, bbox_inches="tight", metadata={"Date": None})
    text = CHART.read_text(encoding="utf-8")
    CHART.write_text(re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE), encoding="utf-8")
