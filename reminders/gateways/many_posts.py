"""Many POSTs at once over kept connections, driven by the thread that asks for them: libcurl.

Note [Never written twice]
libcurl repeats a request by itself when a kept connection dies under it before any answer, and
has no option against that. But it calls PREREQFUNCTION each time that it is about to write a
request. The first call is the moment from which the request may have been sent; a second one
would be the repetition and is forbidden. So nothing is read out of the names of errors: a request
for which there was no call has certainly not left.

The same call is the last chance to see that the other side has closed a kept connection, for
which libcurl looks once a second only. Then nothing is written and the request goes over a new
connection: a server that closes after each answer would leave every second text unclear.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pycurl
from requests.structures import CaseInsensitiveDict
from requests.utils import get_environ_proxies, select_proxy

from reminders.gateways.answers import (
    Answer,
    Limits,
    MaybeSent,
    NotSent,
    Post,
    Result,
    retry_after,
)

_Ends = tuple[str, str, int, int]
"""Address there, address here, port there, port here."""

_GO_ON: int = pycurl.PREREQFUNC_OK
_FORBID: int = pycurl.PREREQFUNC_ABORT
_SOCKET_IS_FINE: int = pycurl.SOCKOPT_OK

WATCH_SECONDS = 0.05
"""How often one looks for requests that stand still or last too long."""

_NOT_SENT = {
    pycurl.E_URL_MALFORMAT: "gateway_address_invalid",
    pycurl.E_UNSUPPORTED_PROTOCOL: "gateway_address_invalid",
    pycurl.E_OPERATION_TIMEDOUT: "connect_timeout",
    pycurl.E_PEER_FAILED_VERIFICATION: "certificate_not_trusted",
    pycurl.E_SSL_CACERT_BADFILE: "certificate_not_trusted",
}
"""What kept a request from being written; everything else is `connection_failed`."""


class _Sockets:
    """Which socket of ours a connection is, by the addresses and ports of its two ends."""

    def __init__(self) -> None:
        self._by_ends: dict[_Ends, int] = {}
        self._by_number: dict[int, _Ends] = {}

    def add(self, numbers: Sequence[int], *, ends: _Ends) -> None:
        """One of these new sockets has been connected to these ends; others were tried in vain."""
        for number in numbers:
            if len(numbers) > 1 and not _is_bound_to(number, ends):
                continue
            # The number of a closed socket is given out again.
            self._by_ends.pop(self._by_number.get(number, ends), None)
            self._by_number[number] = ends
            self._by_ends[ends] = number

    def has_ended(self, ends: _Ends) -> bool:
        """Whether there is something to read where nothing was asked: the end, or nonsense."""
        number = self._by_ends.get(ends)
        if number is None:
            return True
        poll = select.poll()
        poll.register(number, select.POLLIN)
        return bool(poll.poll(0))


def _is_bound_to(number: int, ends: _Ends) -> bool:
    try:
        with socket.socket(fileno=os.dup(number)) as one:
            return bool(one.getsockname()[:2] == (ends[1], ends[3]))
    except OSError:  # closed: another address was quicker
        return False


class _Transfer:
    """One request under way: an easy handle of libcurl, used again for the next."""

    def __init__(
        self, *, headers: Sequence[str], limits: Limits, verify: str, sockets: _Sockets
    ) -> None:
        self.found_ended = False
        self.place = 0
        self.started_at = 0.0
        self.moved_at = 0.0
        self._headers, self._limits = headers, limits
        self._url = ""
        self._sockets = sockets
        self._new_sockets: list[int] = []
        self._begun = self._is_anew = False
        self._head: list[bytes] = []
        self._body: list[bytes] = []
        self._size = self._seen = 0
        self.curl = pycurl.Curl()
        self._set_up(verify)

    def start(self, place: int, post: Post, *, now: float) -> None:
        """Make ready for this request, the one at `place` in the input."""
        self.place, self.started_at, self.moved_at = place, now, now
        self._begun = self._is_anew = False
        self._new_sockets.clear()
        self._head, self._body = [], []
        self._size = self._seen = 0
        curl = self.curl
        curl.setopt(pycurl.FRESH_CONNECT, 0)
        if post.url != self._url:
            self._url = post.url
            curl.setopt(pycurl.URL, post.url)
            # The same reading of the environment as for single requests; "" means none.
            curl.setopt(pycurl.PROXY, select_proxy(post.url, get_environ_proxies(post.url)) or "")
        curl.setopt(
            pycurl.HTTPHEADER,
            [*self._headers, *(f"{name}: {value}" for name, value in post.headers.items())],
        )
        curl.setopt(pycurl.POSTFIELDS, post.body)

    def start_anew(self) -> None:
        """The same over a new connection, after a kept one was found to have ended."""
        self.found_ended, self._is_anew = False, True
        self._new_sockets.clear()
        self.curl.setopt(pycurl.FRESH_CONNECT, 1)

    def answer(self) -> Answer:
        """What a transfer that libcurl calls complete has brought."""
        status: int = self.curl.getinfo(pycurl.RESPONSE_CODE)
        return Answer(status, b"".join(self._body), _wait_named_in(self._head))

    def failure(self, error: int) -> NotSent | MaybeSent:
        """What libcurl's error proves. See Note [Never written twice]."""
        if not self._begun:
            return NotSent(_NOT_SENT.get(error, "connection_failed"))
        if self._size > self._limits.answer_bytes_max:
            return MaybeSent("answer_too_long")
        return MaybeSent("connection_broken")

    def overdue(self, *, now: float) -> MaybeSent | None:
        """Why this one is to be given up now, if it is. Connecting is timed by libcurl."""
        if not self._begun:
            return None
        arrived = self._size + len(self._head)
        if arrived != self._seen:
            self._seen, self.moved_at = arrived, now
        if now - self.moved_at >= self._limits.read_seconds:
            return MaybeSent("read_timeout")
        if now - self.started_at >= self._limits.answer_seconds_max:
            return MaybeSent("answer_too_slow")
        return None

    def _set_up(self, verify: str) -> None:
        curl, limits = self.curl, self._limits
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        curl.setopt(pycurl.FOLLOWLOCATION, 0)
        curl.setopt(pycurl.NOPROXY, "")
        curl.setopt(pycurl.ACCEPT_ENCODING, "identity")
        curl.setopt(pycurl.CONNECTTIMEOUT_MS, int(limits.connect_seconds * 1_000))
        curl.setopt(pycurl.MAXAGE_CONN, max(1, int(limits.idle_seconds_max)))
        # Trust what is named and nothing beside it: libcurl has a folder of its own as well.
        if Path(verify).is_dir():
            curl.unsetopt(pycurl.CAINFO)
            curl.setopt(pycurl.CAPATH, verify)
        else:
            curl.setopt(pycurl.CAINFO, verify)
            curl.unsetopt(pycurl.CAPATH)
        curl.setopt(pycurl.SOCKOPTFUNCTION, self._take_socket)
        curl.setopt(pycurl.PREREQFUNCTION, self._about_to_write)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_line)
        curl.setopt(pycurl.WRITEFUNCTION, self._take_piece)

    def _take_socket(self, number: int, _purpose: int) -> int:
        self._new_sockets.append(number)
        return _SOCKET_IS_FINE

    def _about_to_write(self, *ends: Any) -> int:
        """Called by libcurl on a connection that stands, before each writing of the request."""
        if self._begun:
            return _FORBID
        if self._new_sockets:
            self._sockets.add(self._new_sockets, ends=ends)
        elif not self._is_anew and self._sockets.has_ended(ends):
            self.found_ended = True
            return _FORBID
        self._begun = True
        self.moved_at = time.monotonic()
        return _GO_ON

    def _take_line(self, line: bytes) -> None:
        self._head.append(line)

    def _take_piece(self, piece: bytes) -> int:
        """A piece of the body; anything but its length ends the transfer."""
        self._size += len(piece)
        if self._size > self._limits.answer_bytes_max:
            return 0
        self._body.append(piece)
        return len(piece)


class _Pool:
    """Connections of one thread in one process."""

    def __init__(self) -> None:
        self.multi = pycurl.CurlMulti()
        self.multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)
        self.sockets = _Sockets()
        self.pid = os.getpid()
        self.used_at = time.monotonic()
        self.free: list[_Transfer] = []
        self.under_way: dict[pycurl.Curl, _Transfer] = {}

    def close(self) -> None:
        """End everything that is under way, and all connections."""
        for curl in self.under_way:
            self.multi.remove_handle(curl)
        # A handle and its transfer know each other: closed, it lets go without waiting for the
        # garbage collector, which knows nothing of the memory that libcurl holds.
        for transfer in (*self.under_way.values(), *self.free):
            transfer.curl.close()
        self.under_way.clear()
        self.free.clear()
        self.multi.close()

    def __del__(self) -> None:
        """The thread has ended."""
        if self.pid == os.getpid():
            self.close()


class _Local(threading.local):
    """What one thread holds."""

    def __init__(self) -> None:
        self.pool: _Pool | None = None


_inherited: list[_Pool] = []
"""Pools that came through a fork. Closing them would say goodbye on the parent's connections."""


class ManyPosts:
    """Posts many requests at once; a pool for each thread and for each forked process."""

    def __init__(self, *, headers: Mapping[str, str], limits: Limits, verify: str) -> None:
        # An empty Expect keeps libcurl from asking first whether a long body is welcome.
        self._headers = [*(f"{name}: {value}" for name, value in headers.items()), "Expect:"]
        self._limits = limits
        self._verify = verify
        self._local = _Local()

    def post(self, posts: Sequence[Post], *, connections: int, within: float) -> list[Result]:
        """What came of each, in order, over up to `connections` at once.

        Those that could not be begun `within` seconds are NotSent("out_of_time"). The last
        answer may come as long after that as one request may last.
        """
        pool = self._pool()
        try:
            return self._run(pool, posts, connections=connections, within=within)
        except BaseException:
            # The worker is being stopped, or libcurl refuses: leave no half-done transfer behind.
            self._local.pool = None
            pool.close()
            raise

    def _run(
        self, pool: _Pool, posts: Sequence[Post], *, connections: int, within: float
    ) -> list[Result]:
        results: list[Result] = [NotSent("out_of_time")] * len(posts)
        multi, waiting = pool.multi, iter(enumerate(posts))
        multi.setopt(pycurl.M_MAXCONNECTS, connections)
        now = time.monotonic()
        until, watch_at = now + within, now + WATCH_SECONDS
        while True:
            if now < until:
                for place, post in islice(waiting, connections - len(pool.under_way)):
                    self._start(pool, place, post, now=now)
            if not pool.under_way:
                break
            multi.perform()
            if not _collect(pool, results) and multi.select(WATCH_SECONDS) < 0:
                time.sleep(WATCH_SECONDS / 10)  # nothing to wait for yet: a name is being resolved
            now = time.monotonic()
            if now >= watch_at:
                watch_at = now + WATCH_SECONDS
                _give_up_overdue(pool, results, now=now)
        pool.used_at = now
        return results

    def _start(self, pool: _Pool, place: int, post: Post, *, now: float) -> None:
        transfer = (
            pool.free.pop()
            if pool.free
            else _Transfer(
                headers=self._headers,
                limits=self._limits,
                verify=self._verify,
                sockets=pool.sockets,
            )
        )
        transfer.start(place, post, now=now)
        pool.multi.add_handle(transfer.curl)
        pool.under_way[transfer.curl] = transfer

    def _pool(self) -> _Pool:
        pool = self._local.pool
        if pool is not None and pool.pid != os.getpid():
            _inherited.append(pool)
            pool = None
        elif pool is not None and time.monotonic() - pool.used_at > self._limits.idle_seconds_max:
            pool.close()
            pool = None
        self._local.pool = pool = pool or _Pool()
        return pool


def _collect(pool: _Pool, results: list[Result]) -> bool:
    """Take what has ended; whether anything has."""
    has_ended = False
    more = True
    while more:
        more, good, bad = pool.multi.info_read()
        for curl in good:
            transfer = _ended(pool, curl)
            results[transfer.place] = transfer.answer()
        for curl, error, _message in bad:
            transfer = pool.under_way[curl]
            if transfer.found_ended:
                pool.multi.remove_handle(curl)
                transfer.start_anew()
                pool.multi.add_handle(curl)
                continue
            _ended(pool, curl)
            results[transfer.place] = transfer.failure(error)
        has_ended = has_ended or bool(good or bad)
    return has_ended


def _ended(pool: _Pool, curl: pycurl.Curl) -> _Transfer:
    pool.multi.remove_handle(curl)
    transfer = pool.under_way.pop(curl)
    pool.free.append(transfer)
    return transfer


def _give_up_overdue(pool: _Pool, results: list[Result], *, now: float) -> None:
    """A transfer that is taken out before its end takes its connection with it."""
    for curl, transfer in list(pool.under_way.items()):
        failure = transfer.overdue(now=now)
        if failure is not None:
            results[transfer.place] = failure
            _ended(pool, curl)


def _wait_named_in(head: Sequence[bytes]) -> float | None:
    """Retry-After of the last answer in these lines; those before are a proxy's, or say "go on"."""
    if not any(line[:12].lower() == b"retry-after:" for line in head):
        return None
    headers: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for line in head:
        if line.startswith(b"HTTP/"):
            headers.clear()
        name, _, value = line.decode("latin-1").partition(":")
        headers[name] = value.strip()
    return retry_after(headers)
