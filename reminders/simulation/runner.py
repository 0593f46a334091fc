"""Many worlds, each in an empty database, some at a time."""

import gc
import logging
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from django.db import connection

from reminders.simulation import scratch
from reminders.simulation.scenario import Scenario
from reminders.simulation.world import Result, World


def run_all(scenarios: Sequence[Scenario], *, jobs: int) -> Iterator[Result]:
    """The results, as worlds come to their ends. Makes `jobs` databases and drops them again."""
    name = f"{connection.settings_dict['NAME']}_simulation_{os.getpid()}"
    with ExitStack() as stack:
        names = [f"{name}_{place}" for place in range(jobs)]
        for one in names:
            stack.enter_context(scratch.database(one))
        context = multiprocessing.get_context("fork")
        free = context.SimpleQueue()
        for one in names:
            free.put(one)
        connection.close()  # each process opens its own
        with context.Pool(jobs, initializer=_begin, initargs=(free,)) as pool:
            yield from pool.imap_unordered(run_one, scenarios)


def _begin(free: "multiprocessing.queues.SimpleQueue[str]") -> None:
    """A process: its own database, no log lines about what a world does on purpose."""
    connection.settings_dict["NAME"] = free.get()
    logging.disable(logging.CRITICAL)
    # A world makes millions of short-lived objects and no cycles worth looking for often.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


def run_one(scenario: Scenario) -> Result:
    """One world in the database at hand, which is emptied first."""
    scratch.empty()
    return World(scenario).run()
