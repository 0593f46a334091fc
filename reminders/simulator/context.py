"""What every request handler is given."""

import asyncio
import contextlib
import functools
import json
import time
from dataclasses import dataclass
from datetime import tzinfo

from aiohttp import web

from reminders.simulator import ledger
from reminders.simulator.clock import Clock
from reminders.simulator.faults import Dice, Faults, Throttle, parse_faults
from reminders.simulator.receipts import Reporter
from reminders.simulator.store import Store

FAULTS_SETTING = "faults"


@dataclass(frozen=True, slots=True)
class Options:
    """How the process was started."""

    token: str
    zone: tzinfo


class Trouble:
    """The faults in force, kept in the store so that a restart does not mend anything."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._set(Faults())

    @property
    def faults(self) -> Faults:
        """What is ordered."""
        return self.dice.faults

    async def load(self) -> None:
        """Take up what an earlier process was told."""
        stored = await self._store.run(functools.partial(ledger.read_setting, name=FAULTS_SETTING))
        if stored is not None:
            self._set(parse_faults(json.loads(stored)))

    async def order(self, faults: Faults) -> None:
        """Replace the faults; counting and throttling begin anew."""
        value = json.dumps(faults.as_json())
        await self._store.run(
            functools.partial(ledger.write_setting, name=FAULTS_SETTING, value=value)
        )
        self._set(faults)

    def seconds_to_wait(self) -> float:
        """Take one message's room from the throttle, or say how long there is none."""
        return self._throttle.seconds_to_wait(now=time.monotonic())

    def _set(self, faults: Faults) -> None:
        self.dice = Dice(faults)
        self._throttle = Throttle(faults.throttle_per_second)


class Pulse:
    """Wakes those who watch texts arrive."""

    def __init__(self) -> None:
        self.beats = 0
        self.readers = 0
        self._changed = asyncio.Event()

    def beat(self) -> None:
        """Something has arrived."""
        self.beats += 1
        self._changed.set()
        self._changed = asyncio.Event()

    async def wait(self, *, since: int, seconds: float) -> None:
        """Until there were more beats than `since`, or so many seconds."""
        if self.beats != since:
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), timeout=seconds)


@dataclass(frozen=True, slots=True)
class Simulator:
    """The parts of the running simulator."""

    store: Store
    clock: Clock
    trouble: Trouble
    reporter: Reporter
    pulse: Pulse
    closing: asyncio.Event
    options: Options


SIMULATOR = web.AppKey("simulator", Simulator)
