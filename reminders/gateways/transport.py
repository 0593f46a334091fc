"""HTTP for gateways: one request by `requests`, many at once by libcurl.

What a failure means is the same for both: see Note [What a transport failure proves]
in `answers`. docs/decisions/0022 says why there are two.
"""

import os
import ssl
import threading
import time
from collections.abc import Mapping, Sequence

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ConnectTimeout,
    InvalidURL,
    ReadTimeout,
)
from requests.utils import DEFAULT_CA_BUNDLE_PATH, get_environ_proxies
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ReadTimeoutError,
)

from reminders.gateways.answers import (
    Answer,
    Limits,
    MaybeSent,
    NotSent,
    Post,
    Result,
    retry_after,
)
from reminders.gateways.many_posts import ManyPosts

CONNECT_SECONDS = 3.05  # a little above the 3 s after which a lost SYN is sent again
READ_SECONDS = 10.0
ANSWER_SECONDS_MAX = 20.0
ANSWER_BYTES_MAX = 4 * 1024 * 1024

# A connection that was idle for longer is not used again: servers close theirs after some
# seconds, and one that closes just as we write leaves the outcome unclear for nothing.
IDLE_SECONDS_MAX = 4.0

_NO_RETRIES = urllib3.Retry(total=0, connect=0, read=False, redirect=0, status=0, other=0)
_READ_AT_ONCE = 65_536


class _Local(threading.local):
    """What one thread of one process holds: a session, and a prepared request for each address."""

    def __init__(self) -> None:
        self.session: requests.Session | None = None
        self.prepared: dict[str, requests.PreparedRequest] = {}
        self.pid = 0
        self.used_at = 0.0


class HttpTransport:
    """Posts to one gateway. Connections belong to a thread, and never cross a fork.

    CONNECT_SECONDS bounds the connection, READ_SECONDS the silence of the other side, and
    ANSWER_SECONDS_MAX the whole answer, so that one that trickles cannot hold a worker.
    """

    def __init__(self, *, headers: Mapping[str, str]) -> None:
        self._headers = dict(headers)
        self._timeout = (CONNECT_SECONDS, READ_SECONDS)
        self._answer_seconds = ANSWER_SECONDS_MAX
        self._verify = os.environ.get("REQUESTS_CA_BUNDLE") or DEFAULT_CA_BUNDLE_PATH
        self._local = _Local()
        self._addresses: dict[str, bool] = {}
        self._many = ManyPosts(
            headers=self._headers,
            limits=Limits(
                connect_seconds=CONNECT_SECONDS,
                read_seconds=READ_SECONDS,
                answer_seconds_max=ANSWER_SECONDS_MAX,
                answer_bytes_max=ANSWER_BYTES_MAX,
                idle_seconds_max=IDLE_SECONDS_MAX,
            ),
            verify=self._verify,
        )

    def post(self, url: str, *, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """The answer to one POST, never followed elsewhere. Raises NotSent, MaybeSent."""
        started = time.monotonic()
        try:
            session = self._session(url, at=started)
            request = self._request(url, session=session, body=body, headers=headers)
            adapter = session.get_adapter(url)
        except (requests.RequestException, ValueError) as error:
            raise NotSent("gateway_address_invalid") from error
        try:
            # The adapter instead of the session: past the session lie redirects, cookies and
            # .netrc, none of which may have a say here, and a third of the time.
            with adapter.send(
                request,
                stream=True,
                timeout=self._timeout,
                verify=self._verify,
                proxies=session.proxies,
            ) as response:
                content = _content(response, until=started + self._answer_seconds)
                return Answer(response.status_code, content, retry_after(response.headers))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _meaning(error) from error

    def post_many(self, posts: Sequence[Post], *, connections: int, within: float) -> list[Result]:
        """What came of each POST, in order, over up to `connections` kept ones at once.

        Driven by the calling thread alone. Those that could not be begun `within` seconds are
        NotSent("out_of_time"). Never raises for what the other side does.
        """
        good = [post for post in posts if self._is_address(post.url)]
        results = iter(self._many.post(good, connections=connections, within=within))
        return [
            next(results) if self._is_address(post.url) else NotSent("gateway_address_invalid")
            for post in posts
        ]

    def _is_address(self, url: str) -> bool:
        """Whether `requests` would try it: libcurl guesses what is missing, and guesses wrong."""
        if url not in self._addresses:
            try:
                requests.Session().get_adapter(url)
                requests.Request("POST", url).prepare()
            except (requests.RequestException, ValueError):
                self._addresses[url] = False
            else:
                self._addresses[url] = True
        return self._addresses[url]

    def _session(self, url: str, *, at: float) -> requests.Session:
        local = self._local
        # A forked child must not talk over its parent's sockets.
        if local.session is None or local.pid != os.getpid():
            local.session, local.pid = self._new_session(url), os.getpid()
        elif at - local.used_at > IDLE_SECONDS_MAX:
            local.session.close()
        local.used_at = at
        return local.session

    def _request(
        self,
        url: str,
        *,
        session: requests.Session,
        body: bytes,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        """Preparing costs as much as a fifth of the call, so it is done once for each address."""
        prepared = self._local.prepared.get(url)
        if prepared is None:
            prepared = session.prepare_request(requests.Request("POST", url))
            self._local.prepared[url] = prepared
        request = prepared.copy()
        request.body = body
        request.headers["Content-Length"] = str(len(body))
        request.headers.update(headers or {})
        return request

    def _new_session(self, url: str) -> requests.Session:
        session = requests.Session()
        # What matters of the environment is read here, once; a .netrc would replace our token.
        session.trust_env = False
        session.proxies = get_environ_proxies(url)
        session.headers.update({"Accept-Encoding": "identity", **self._headers})
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=_NO_RETRIES)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session


def _content(response: requests.Response, *, until: float) -> bytes:
    """The body, up to ANSWER_BYTES_MAX. Raises MaybeSent for more, or for more time."""
    pieces, size = [], 0
    # read1 returns what has come instead of waiting for a full piece, so that the clock is seen.
    while piece := response.raw.read1(_READ_AT_ONCE, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > ANSWER_BYTES_MAX:
            raise MaybeSent("answer_too_long")
        if time.monotonic() > until:
            raise MaybeSent("answer_too_slow")
    return b"".join(pieces)


def _meaning(error: Exception) -> NotSent | MaybeSent:
    """See Note [What a transport failure proves]."""
    # Only the look for a connection raises this here; an odd header of an answer has its own.
    if isinstance(error, InvalidURL):
        return NotSent("gateway_address_invalid")
    causes = _causes(error)
    if any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes):
        return NotSent("certificate_not_trusted")
    # urllib3 calls a refused connection a NewConnectionError, which is a kind of time-out.
    if any(isinstance(cause, NewConnectionError) for cause in causes):
        return NotSent("connection_failed")
    if any(isinstance(cause, ConnectTimeout | ConnectTimeoutError) for cause in causes):
        return NotSent("connect_timeout")
    if any(isinstance(cause, ReadTimeout | ReadTimeoutError) for cause in causes):
        return MaybeSent("read_timeout")
    return MaybeSent("connection_broken")


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that it wraps; requests and urllib3 keep it in three different places."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__]
            waiting.append(getattr(one, "original_error", None))
    return found
