"""Reports of delivery, posted to whoever handed the messages in.

Each receiver's address has a task of its own for as long as it is owed anything, so that one
that hangs holds up nobody else. The store is the truth: a task reads what is due, posts it in
one call, and strikes it out on 2xx or puts it off. After a crash the rows are simply still
there, and a receipt may then be posted twice: at least once, never lost.
"""

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import Iterable, Sequence

import aiohttp

from reminders.simulator import ledger
from reminders.simulator.clock import Clock, iso
from reminders.simulator.signing import sign
from reminders.simulator.store import Store, StoreUnavailable

log = logging.getLogger(__name__)

RECEIPTS_PER_CALL_MAX = 500
CALLS_AT_ONCE_MAX = 50
CALL_SECONDS_MAX = 10
STORE_PAUSE_SECONDS = 5


class Reporter:
    """Posts receipts when they fall due."""

    def __init__(self, store: Store, *, clock: Clock, secret: str) -> None:
        self._store = store
        self._clock = clock
        self._secret = secret
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._news: dict[str, asyncio.Event] = {}
        self._calls = asyncio.Semaphore(CALLS_AT_ONCE_MAX)
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Take up what an earlier process left."""
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=CALL_SECONDS_MAX),
            connector=aiohttp.TCPConnector(limit=CALLS_AT_ONCE_MAX),
        )
        work = functools.partial(ledger.waiting_receivers, now=self._clock())
        self.notify(await self._store.run(work))

    async def stop(self) -> None:
        """Drop calls that are under way; their receipts stay in the store."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def notify(self, urls: Iterable[str]) -> None:
        """There are new receipts for these addresses."""
        for url in urls:
            if url in self._tasks:
                self._news[url].set()
            else:
                self._news[url] = asyncio.Event()
                self._tasks[url] = asyncio.create_task(self._serve(url))

    async def _serve(self, url: str) -> None:
        """Post to one address until it is owed nothing."""
        news = self._news[url]
        while True:
            news.clear()
            try:
                upcoming = await self._post_due(url)
            except StoreUnavailable as error:
                log.error("Receipts wait: %s", error)
                upcoming = self._clock() + STORE_PAUSE_SECONDS
            if upcoming is None and not news.is_set():
                # No await between the check and the end, so no news can slip in between.
                del self._tasks[url], self._news[url]
                return
            if upcoming is not None:
                seconds = max(0.0, upcoming - self._clock())
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), timeout=seconds)

    async def _post_due(self, url: str) -> float | None:
        """One call with what is due. Returns when to look again; None when nothing is left."""
        work = functools.partial(
            ledger.due_receipts, url=url, now=self._clock(), limit=RECEIPTS_PER_CALL_MAX
        )
        due, upcoming = await self._store.run(work)
        if not due:
            return upcoming
        seqs = [receipt.seq for receipt in due]
        if await self._post(url, due):
            await self._store.run(functools.partial(ledger.close_receipts, seqs=seqs))
        else:
            self._store.count("receipts_refused", len(seqs))
            put_off = functools.partial(ledger.put_off_receipts, seqs=seqs, now=self._clock())
            await self._store.run(put_off)
        return self._clock()

    async def _post(self, url: str, due: Sequence[ledger.DueReceipt]) -> bool:
        """Whether the receiver said 2xx."""
        assert self._session is not None
        body = json.dumps({"receipts": [_as_json(receipt) for receipt in due]}).encode()
        timestamp = int(self._clock())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "duecourse-simulator",
            "X-Signature-Timestamp": str(timestamp),
            "X-Signature": sign(body, timestamp=timestamp, secret=self._secret),
        }
        try:
            async with (
                self._calls,
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer,
            ):
                return 200 <= answer.status < 300
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            log.info("Receipts refused: %s", type(error).__name__)
            return False


def _as_json(receipt: ledger.DueReceipt) -> dict[str, str | bool]:
    return {
        "reference": receipt.reference,
        "id": receipt.id,
        **ledger.report(receipt.outcome, temporary=bool(receipt.temporary)),
        "at": iso(receipt.settles_at),
        "event": receipt.event,
    }
