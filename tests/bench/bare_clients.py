"""Three ways to post texts, each as plain as its library allows."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Protocol

import pycurl
import requests
import urllib3

TEXTS_IN_A_REQUEST = 100
CONNECTIONS = 32


@dataclass(frozen=True, slots=True)
class Text:
    """A text to hand over."""

    reference: str
    to: str
    body: str


class Client(Protocol):
    """Posts texts."""

    def send(self, texts: Sequence[Text]) -> Mapping[str, str]:
        """The gateway's number for each reference. Raises for anything but success."""
        ...


def _document(text: Text) -> dict[str, str]:
    return {"reference": text.reference, "to": text.to, "body": text.body}


class Batches:
    """A hundred texts in a request, through urllib3."""

    def __init__(self, url: str, *, token: str) -> None:
        self._pool = urllib3.PoolManager(headers=_headers(token))
        self._url = f"{url}/v1/messages/batch"

    def send(self, texts: Sequence[Text]) -> Mapping[str, str]:
        """See Client."""
        accepted = {}
        for start in range(0, len(texts), TEXTS_IN_A_REQUEST):
            some = texts[start : start + TEXTS_IN_A_REQUEST]
            body = json.dumps({"messages": [_document(text) for text in some]})
            answer = self._pool.request("POST", self._url, body=body.encode())
            for entry in json.loads(answer.data)["results"]:
                accepted[entry["reference"]] = entry["id"]
        return accepted


class OneSession:
    """One text in a request, through a `requests.Session` that keeps its connection."""

    def __init__(self, url: str, *, token: str) -> None:
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update(_headers(token))
        self._url = f"{url}/v1/messages"

    def send(self, texts: Sequence[Text]) -> Mapping[str, str]:
        """See Client."""
        accepted = {}
        for text in texts:
            body = json.dumps(_document(text)).encode()
            answer = self._session.post(self._url, data=body, timeout=10)
            accepted[text.reference] = answer.json()["id"]
        return accepted


class Multi:
    """One text in a request, over many connections of one pycurl multi handle."""

    def __init__(self, url: str, *, token: str) -> None:
        self._multi = pycurl.CurlMulti()
        self._idle = [self._handle(f"{url}/v1/messages", token) for _ in range(CONNECTIONS)]

    def send(self, texts: Sequence[Text]) -> Mapping[str, str]:
        """See Client."""
        accepted: dict[str, str] = {}
        waiting = list(texts)
        under_way: dict[pycurl.Curl, tuple[str, BytesIO]] = {}
        while waiting or under_way:
            while waiting and self._idle:
                text, handle, answer = waiting.pop(), self._idle.pop(), BytesIO()
                handle.setopt(pycurl.POSTFIELDS, json.dumps(_document(text)).encode())
                handle.setopt(pycurl.WRITEDATA, answer)
                under_way[handle] = text.reference, answer
                self._multi.add_handle(handle)
            self._multi.perform()
            _, done, failed = self._multi.info_read()
            if failed:
                raise RuntimeError(f"the gateway failed: {failed[0][2]}")
            for handle in done:
                self._multi.remove_handle(handle)
                reference, answer = under_way.pop(handle)
                accepted[reference] = json.loads(answer.getvalue())["id"]
                self._idle.append(handle)
            if not done:
                self._multi.select(1.0)
        return accepted

    def _handle(self, url: str, token: str) -> pycurl.Curl:
        handle = pycurl.Curl()
        handle.setopt(pycurl.URL, url)
        handle.setopt(pycurl.POST, 1)
        handle.setopt(pycurl.NOSIGNAL, 1)
        headers = [f"{name}: {value}" for name, value in _headers(token).items()]
        handle.setopt(pycurl.HTTPHEADER, [*headers, "Expect:"])
        return handle


def _headers(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


CLIENTS: Mapping[str, Callable[..., Client]] = {
    "batch": Batches,
    "session": OneSession,
    "pycurl": Multi,
}
