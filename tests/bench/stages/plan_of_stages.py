"""Which stages there are, in which order, and which reference stands beside each."""

from collections.abc import Callable, Sequence

from tests.bench.figures import Figures, Stage
from tests.bench.lab import Lab
from tests.bench.stages import (
    dispatching,
    importing,
    planning,
    receiving,
    references,
    waiting,
)

Measure = Callable[[Lab], Figures]

STAGES: dict[str, Measure] = {
    "import": importing.import_new,
    "import_again": importing.import_again,
    "plan": planning.plan,
    "plan_again": planning.plan_again,
    "idle_tick": planning.idle_tick,
    "dispatch_batch": dispatching.dispatch_batch,
    "dispatch_single": dispatching.dispatch_single,
    "dispatch_parallel": dispatching.dispatch_parallel,
    "dispatch_latency": dispatching.dispatch_latency,
    "receipts_single": receiving.receipts_single,
    "receipts_batch": receiving.receipts_batch,
    "receipts_apply": receiving.receipts_apply,
    "hand_over": waiting.hand_over,
    "by_hand": waiting.by_hand,
}
"""What the product is measured at; any of them can be asked for alone."""

REFERENCES: dict[str, Measure] = {
    "textbook": references.textbook,
    "textbook_plan": references.textbook_plan,
    "limit_plan": references.limit_plan,
    "limit_batch": references.limit_batch,
    "limit_session": references.limit_session,
    "limit_pycurl": references.limit_pycurl,
    "textbook_receipts": receiving.textbook_receipts,
    "limit_receipts": receiving.limit_receipts,
    "limit_receipts_batch": receiving.limit_receipts_batch,
}

BESIDE: dict[str, tuple[str | None, str | None]] = {
    "plan": ("limit_plan", "textbook_plan"),
    "dispatch_batch": ("limit_batch", "textbook"),
    "dispatch_single": ("limit_session", "textbook"),
    "dispatch_parallel": ("limit_pycurl", "textbook"),
    "dispatch_latency": (None, "textbook"),
    "end_to_end": (None, "textbook"),
    "receipts_single": ("limit_receipts", "textbook_receipts"),
    "receipts_batch": ("limit_receipts_batch", "textbook_receipts"),
}
"""The limit and the textbook to be measured beside a stage."""

BEFORE = {"hand_over": "dispatch_batch"}
"""A stage whose rate another one needs."""


def measure(
    lab: Lab, *, names: Sequence[str], runs: int, say: Callable[[str], None]
) -> list[Stage]:
    """The stages with their references, each `runs` times.

    The runs are interleaved: the machine's mood drifts, and a reference of another hour proves
    nothing.
    """
    wanted = _with_references(names)
    stages = {name: Stage(name, []) for name in wanted}
    for run in range(runs):
        for name in wanted:
            figures = (STAGES | REFERENCES)[name](lab)
            stages[name].runs.append(figures)
            lab.rates[name] = stages[name].per_second
            say(
                f"run {run + 1} {name}: {figures.count:,} {figures.what} in "
                f"{figures.seconds:.2f} s, {figures.per_second:,.0f}/s"
            )
    if {"plan", "dispatch_batch"} <= stages.keys():
        stages["end_to_end"] = _end_to_end(stages["plan"], stages["dispatch_batch"])
    for name, stage in stages.items():
        limit, textbook = BESIDE.get(name, (None, None))
        stage.limit = stages[limit] if limit else None
        stage.textbook = stages[textbook] if textbook else None
    return list(stages.values())


def _end_to_end(plan: Stage, dispatch: Stage) -> Stage:
    """Planning and then dispatch, run by run: what the textbook's daily task does in one."""
    runs = [
        Figures(
            what="messages",
            count=sent.count,
            seconds=planned.seconds + sent.seconds,
            cpu={
                who: planned.cpu.get(who, 0.0) + sent.cpu.get(who, 0.0)
                for who in planned.cpu.keys() | sent.cpu.keys()
            },
        )
        for planned, sent in zip(plan.runs, dispatch.runs, strict=True)
    ]
    return Stage("end_to_end", runs)


def _with_references(names: Sequence[str]) -> list[str]:
    """Each stage, and right after it what stands beside it."""
    wanted: list[str] = []
    for name in names:
        for one in (BEFORE.get(name), name, *BESIDE.get(name, ())):
            if one is not None and one not in wanted:
                wanted.append(one)
    return wanted
